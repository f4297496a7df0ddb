/* What evidence_check() compares of log, batch, plan and keys: one thing is changed, and that very thing is told. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "help_change.h"
#include "help_pki.h"
#include "pki/cert.h"

Suite *suite_evidence_check(void);

#define OTHER "0000000000000000000000000000000000000000000000000000000000000000"

/* -- fields of the log's lines -- */

static const struct field {
    int line;
    enum err want;
    const char *key, *text; /* text NULL: the number 3 */
    const char *words;
} fields[] = {
    {GENESIS, E_LOG_SEAL, "hash", "sha256", "another log"},
    {BATCH, E_LOG_FORMAT, "batch", "no digest", NULL},
    {BATCH, E_LOG_PROOF, "requests", NULL, "of the batch"},
    {BATCH, E_EVIDENCE_CONTENT, "authority", "cb", "the log has another batch"},
    {BATCH, E_EVIDENCE_CONTENT, "ra", "city", "the log has another batch"},
    {BATCH, E_EVIDENCE_CONTENT, "sequence", NULL, "the log has another batch"},
    {PLAN, E_EVIDENCE_CONTENT, "batch", OTHER, "more than one batch"},
    {PLAN, E_EVIDENCE_CONTENT, "intake", OTHER, "more than one batch"},
    {PLAN, E_EVIDENCE_CONTENT, "authority", "cb", "more than one batch"},
    {PLAN, E_EVIDENCE_CONTENT, "ra", "city", "more than one batch"},
    {PLAN, E_EVIDENCE_CONTENT, "sequence", NULL, "more than one batch"},
    {PLAN, E_EVIDENCE_CONTENT, "policy", OTHER, "of another batch than the log says"},
    {ISSUED, E_EVIDENCE_CONTENT, "batch", OTHER, "more than one batch"},
    {ISSUED, E_EVIDENCE_CONTENT, "authority", "cb", "more than one batch"},
    {ISSUED, E_EVIDENCE_CONTENT, "serial", "01", "something else"},
    {ISSUED, E_EVIDENCE_CONTENT, "n", NULL, "something else"},
    {ISSUED, E_EVIDENCE_CONTENT, "profile", "server", "something else"},
    {ISSUED, E_EVIDENCE_CONTENT, "key", "cb-root", "something else"},
    {ISSUED, E_EVIDENCE_CONTENT, "supersedes", "01", "something else"},
    {ISSUED, E_EVIDENCE_CONTENT, "certificate", OTHER, "not the one of plan and log"},
    {ISSUED, E_BASE64, "signature", "!", NULL},
    {AUTHORISE_1, E_EVIDENCE_CONTENT, "plan", OTHER, "authorisation 1: the log has another one"},
    {AUTHORISE_1, E_EVIDENCE_CONTENT, "officer", OTHER, "authorisation 1: the log has another one"},
    {AUTHORISE_2, E_EVIDENCE_CONTENT, "signature", OTHER, "authorisation 2: the log has another one"},
};
static const struct field *changed;

static void set_field(void)
{
    change_field(changed->line, changed->key, changed->text != NULL ? json_string(changed->text) : json_integer(3));
}

START_TEST(lines_of_the_log)
{
    for (changed = fields; changed < fields + sizeof fields / sizeof fields[0]; changed++)
        change_expect(changed->key, &(struct change){set_field, changed->want, changed->words});
}
END_TEST

static void nothing(void) {}
static void genesis_not_first(void) { change_fix.f.genesis = change_record(LOG_ANCHOR); }
static void times_go_back(void) { change_record(ROOT_ANCHOR)->time++; }
static void batch_after_plan(void) { change_record(BATCH)->seq = 99; }
static void issued_not_last(void) { change_fix.f.issued = change_fix.f.plan; }

START_TEST(order_of_the_log)
{
    static const struct change all[] = {{nothing, E_OK, NULL},
                                        {genesis_not_first, E_LOG_SEAL, "another log"},
                                        {times_go_back, E_EVIDENCE_CONTENT, "go backwards"},
                                        {batch_after_plan, E_EVIDENCE_CONTENT, "not in the order"},
                                        {issued_not_last, E_EVIDENCE_CONTENT, "not in the order"}};
    EXPECT_ALL(all);
}
END_TEST

/* -- headers, request and item -- */

static void batch_too_old(void) { change_fix.f.header.valid_until = change_fix.f.plan_header.created - 1; }
static void batch_too_new(void) { change_fix.f.header.created = change_fix.f.plan_header.created + LIMIT_CLOCK_SKEW + 1; }
static void asked_to_revoke(void) { change_fix.f.request.op = OP_REVOKE; }
static void asked_to_change(void) { change_fix.f.request.op = OP_CHANGE; }
static void longer_batch(void) { change_fix.f.header.count++; }
static void plan_of_batch(void) { change_fix.f.plan_header.batch[0] ^= 1; }
static void plan_of_intake(void) { change_fix.f.plan_header.intake[0] ^= 1; }
static void plan_of_authority(void) { change_fix.f.plan_header.authority[0] = 'x'; }
static void plan_of_ra(void) { change_fix.f.plan_header.ra[0] = 'x'; }
static void plan_of_id(void) { change_fix.f.plan_header.id[0] = '.'; }
static void plan_of_sequence(void) { change_fix.f.plan_header.sequence++; }
static void plan_too_old(void) { change_fix.f.plan_header.expires = change_record(PLAN)->time - 1; }
static void plan_too_new(void) { change_fix.f.plan_header.created = change_record(PLAN)->time + 1; }
static void refused(void) { change_fix.f.item.act = PLAN_REFUSE; }
static void is_eseal(void) { snprintf(change_fix.f.item.profile, sizeof change_fix.f.item.profile, POLICY_SEAL); }
static void item_of_key(void) { change_fix.f.item.key[0] = 'x'; }
static void item_of_id(void) { change_fix.f.item.id[0] = '.'; }
static void asked_for_other(void) { change_fix.f.request.profile[0] = 'x'; }
static void tbs_broken(void) { change_fix.f.item.tbs.data[0] ^= 1; }
static void certificate_longer(void) { buf_append_byte(&change_fix.e.certificate, 0); }
static void certificate_other(void) { change_fix.e.certificate.data[change_fix.e.certificate.len - 1] ^= 1; }

static void supersedes_what_the_log_has(void)
{
    char hex[2 * SERIAL_LEN + 1];
    change_fix.f.item.has_supersedes = true;
    memset(change_fix.f.item.supersedes, 0x55, SERIAL_LEN);
    hex_encode(change_fix.f.item.supersedes, SERIAL_LEN, hex);
    change_field(ISSUED, "supersedes", json_string(hex));
}

/* A change is asked for of the certificate that plan and log say is superseded. */
static void supersedes_what_was_asked_for(void)
{
    supersedes_what_the_log_has();
    change_fix.f.request.op = OP_CHANGE;
    memcpy(change_fix.f.request.serial, change_fix.f.item.supersedes, SERIAL_LEN);
}

static void supersedes_another(void)
{
    supersedes_what_was_asked_for();
    change_fix.f.request.serial[SERIAL_LEN - 1] ^= 1;
}

static void asked_for_other_key(void)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    buf_reset(&change_fix.f.request.csr);
    help_csr(key, SIG_SM2_SM3, NULL, &change_fix.f.request.csr);
    EVP_PKEY_free(key);
}

START_TEST(batch_plan_and_certificate)
{
    static const struct change all[] = {{longer_batch, E_EVIDENCE_CONTENT, "the log has another batch"},
                                        {plan_of_batch, E_EVIDENCE_CONTENT, "of another batch than"},
                                        {plan_of_intake, E_EVIDENCE_CONTENT, "of another batch than"},
                                        {plan_of_authority, E_EVIDENCE_CONTENT, "of another batch than"},
                                        {plan_of_ra, E_EVIDENCE_CONTENT, "of another batch than"},
                                        {plan_of_id, E_EVIDENCE_CONTENT, "of another batch than"},
                                        {plan_of_sequence, E_EVIDENCE_CONTENT, "of another batch than"},
                                        {plan_too_old, E_EVIDENCE_CONTENT, "not good any more"},
                                        {plan_too_new, E_EVIDENCE_CONTENT, "not good any more, or not yet"},
                                        {batch_too_old, E_EVIDENCE_CONTENT, "the batch was not good any more"},
                                        {batch_too_new, E_EVIDENCE_CONTENT, "the batch was not good any more, or not yet"},
                                        {asked_to_revoke, E_EVIDENCE_CONTENT, "asks for something else"},
                                        {asked_to_change, E_EVIDENCE_CONTENT, "asks for something else"},
                                        {refused, E_EVIDENCE_CONTENT, "something else"},
                                        {is_eseal, E_EVIDENCE_CONTENT, "something else"},
                                        {item_of_key, E_EVIDENCE_CONTENT, "something else"},
                                        {item_of_id, E_EVIDENCE_CONTENT, "another request"},
                                        {asked_for_other, E_EVIDENCE_CONTENT, "another request"},
                                        {supersedes_what_the_log_has, E_EVIDENCE_CONTENT, "asks for something else"},
                                        /* this gets as far as the decision */
                                        {supersedes_what_was_asked_for, E_EVIDENCE_CONTENT, "was not decided so"},
                                        {supersedes_another, E_EVIDENCE_CONTENT, "asks for something else"},
                                        {tbs_broken, E_LINT, NULL},
                                        {certificate_longer, E_EVIDENCE_CONTENT, "not the one of plan and log"},
                                        {certificate_other, E_EVIDENCE_CONTENT, "not the one of plan and log"},
                                        {asked_for_other_key, E_EVIDENCE_CONTENT, "another key"}};
    EXPECT_ALL(all);
}
END_TEST

/* -- the appliance's keys -- */

/* The certificate with other names, signed by this SM2 key. */
static X509 *reissue(X509 *x, const X509 *subject_of, const X509 *issuer_of, EVP_PKEY *key)
{
    X509 *made = X509_dup(x), *out = NULL;
    struct buf tbs = {0}, der = {0};
    unsigned char *bytes = NULL;
    ck_assert(X509_set_subject_name(made, X509_get_subject_name(subject_of)) == 1 &&
              X509_set_issuer_name(made, X509_get_subject_name(issuer_of)) == 1);
    int n = i2d_re_X509_tbs(made, &bytes);
    ck_assert_int_gt(n, 0);
    buf_append(&tbs, bytes, (size_t)n);
    help_assemble(&tbs, SIG_SM2_SM3, key, &der);
    expect_ok_diag(cert_parse(buf_span(&der), &out, &change_fix.d), &change_fix.d);
    OPENSSL_free(bytes);
    X509_free(made);
    X509_free(x);
    buf_free(&tbs);
    buf_free(&der);
    return out;
}

static void reissue_root(const X509 *subject_of, const X509 *issuer_of, EVP_PKEY *key)
{
    change_fix.f.issuer = reissue(change_fix.f.issuer, subject_of, issuer_of, key);
}

static void root_below_log_key(void) { reissue_root(change_fix.f.issuer, change_fix.f.log_key, change_fix.h.bundle.keys[HELP_BUNDLE_LOG]); }

static void root_below_nobody(void)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    reissue_root(change_fix.f.issuer, change_fix.f.log_key, key);
    EVP_PKEY_free(key);
}

static void root_below_unknown_name(void)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    X509 *other = help_cert(key, SIG_SM2_SM3, "other");
    reissue_root(change_fix.f.issuer, other, key);
    X509_free(other);
    EVP_PKEY_free(key);
}

static void anchor_above_broken(void)
{
    root_below_log_key();
    change_field(LOG_ANCHOR, "certificate", json_string("!"));
}

static void log_key_of_other(void) { change_fix.f.log_key = reissue(change_fix.f.log_key, change_fix.f.log_key, change_fix.f.log_key, change_fix.h.bundle.keys[HELP_BUNDLE_ROOT]); }
static void root_of_other_name(void) { reissue_root(change_fix.f.log_key, change_fix.f.issuer, change_fix.h.bundle.keys[HELP_BUNDLE_ROOT]); }

static void sealed_by(const char *key) { snprintf(change_fix.e.seal.key, sizeof change_fix.e.seal.key, "%s", key); }
static void sealed_with_bundle_key(void) { sealed_by("the-bundle"); }
static void sealed_with_other_key(void) { sealed_by("a-log"); }

static void bundle_key_under_other_policy(void)
{
    sealed_with_bundle_key();
    change_fix.policy.quorum++;
}

static void other_key_under_other_policy(void)
{
    sealed_with_other_key();
    change_fix.policy.quorum++;
}

START_TEST(keys_of_the_appliance)
{
    static const struct change all[] = {{sealed_with_bundle_key, E_LOG_SEAL, "the-bundle is not the key that signs seals"},
                                        {sealed_with_other_key, E_LOG_SEAL, "a-log is not the key that signs seals"},
                                        {bundle_key_under_other_policy, E_LOG_SEAL, "the-bundle is not"},
                                        {root_below_log_key, E_OK, NULL},
                                        {root_below_nobody, E_CERT_SIGNATURE, "ca-root"},
                                        {root_below_unknown_name, E_CERT_SIGNATURE, "ca-root"},
                                        {anchor_above_broken, E_EVIDENCE_FORMAT, NULL},
                                        {log_key_of_other, E_CERT_SIGNATURE, NULL},
                                        {root_of_other_name, E_EVIDENCE_CONTENT, "names another issuer"}};
    EXPECT_ALL(all);
    change_expect("another policy's key", &(struct change){other_key_under_other_policy, E_OK, NULL});
    ck_assert(!change_fix.verdict.log_key_known && !change_fix.verdict.same_policy);
}
END_TEST

static void write_anchors(void)
{
    help_write_cert("the-log.pem", change_fix.f.log_key);
    help_write_cert("ca-root.pem", change_fix.f.issuer);
}

static void other_log_anchor(void) { help_write_cert("the-log.pem", change_fix.f.issuer); }

static void other_root_anchor(void)
{
    write_anchors();
    help_write_cert("ca-root.pem", change_fix.f.log_key);
}

static void no_root_anchor(void) { ck_assert(help_run("rm ca-root.pem")); }

START_TEST(certificates_that_came_by_hand)
{
    static char long_path[5000];
    memset(long_path, 'x', sizeof long_path - 1);
    change_fix.anchors = help_dir();
    change_expect("right ones", &(struct change){write_anchors, E_OK, NULL});
    ck_assert(change_fix.verdict.anchors_compared && change_fix.verdict.same_policy);
    change_expect("another log key", &(struct change){other_log_anchor, E_ANCHOR, "the-log is another certificate"});
    change_expect("another root", &(struct change){other_root_anchor, E_ANCHOR, "ca-root is another certificate"});
    change_expect("no root", &(struct change){no_root_anchor, E_IO, NULL});
    change_fix.anchors = long_path;
    change_expect("a long path", &(struct change){nothing, E_USAGE, "--anchors"});
    change_fix.anchors = NULL;
}
END_TEST

Suite *suite_evidence_check(void)
{
    Suite *s = suite_create("evidence_check");
    TCase *c = tcase_create("evidence_check");
    tcase_add_checked_fixture(c, change_set_up, change_tear_down);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, lines_of_the_log);
    tcase_add_test(c, order_of_the_log);
    tcase_add_test(c, batch_plan_and_certificate);
    tcase_add_test(c, keys_of_the_appliance);
    tcase_add_test(c, certificates_that_came_by_hand);
    suite_add_tcase(s, c);
    return s;
}
