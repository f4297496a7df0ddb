/* What evidence_check() compares: in evidence that belongs together one thing is changed, and that very thing is told. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "help_evidence.h"
#include "help_pki.h"
#include "pki/cert.h"

Suite *suite_evidence_check(void);

#define OTHER "0000000000000000000000000000000000000000000000000000000000000000"
#define YEARS (20 * INT64_C(31556952)) /* no certificate of anybody is valid then */

/* The log's lines, as help_evidence_make() has them. */
enum { GENESIS, LOG_ANCHOR, ROOT_ANCHOR, BATCH, AUTHORISE_1, AUTHORISE_2, PLAN, ISSUED };

static struct help_evidence h;
static struct evidence ev; /* a copy, and what is read of it */
static struct evidence_facts f;
static struct policy policy;
static struct policy_authority authority;
static struct policy_person person;
static struct policy_key root;
static struct diag d;
static struct evidence_verdict verdict;
static const char *anchors;

static void set_up(void)
{
    help_evidence_make(&h);
}

static void tear_down(void)
{
    help_evidence_free(&h);
    help_clean();
}

static void begin(void)
{
    d = (struct diag){0};
    expect_ok_diag(evidence_parse(buf_span(&h.text), &ev, &d), &d);
    expect_ok_diag(evidence_read_parts(&ev, &f, &d), &d);
    policy = h.policy;
    authority = policy.authorities[0];
    person = policy.persons[0];
    root = authority.keys[0];
    policy.authorities = &authority;
    policy.persons = &person;
    authority.keys = &root;
}

static enum err end(size_t approvals, size_t authorisations)
{
    enum err e = evidence_check(&ev, &f, &policy, anchors, &verdict, &d);
    if (ev.approvals.n < approvals) /* they were hidden */
        ev.approvals.n = approvals;
    if (ev.authorisations.n < authorisations)
        ev.authorisations.n = authorisations;
    evidence_facts_free(&f);
    evidence_free(&ev);
    return e;
}

static void expect_told(const char *name, void (*change)(void), enum err want, const char *words)
{
    begin();
    const size_t approvals = ev.approvals.n, authorisations = ev.authorisations.n;
    change();
    enum err e = end(approvals, authorisations);
    ck_assert_msg(e == want && (words == NULL || strstr(d.text, words) != NULL), "%s: %s: %s", name, err_name(e), d.text);
    expect_seen(e);
}

struct change {
    void (*make)(void);
    enum err want;
    const char *words; /* NULL: any */
};

static void expect_all(const struct change *all, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char name[16];
        snprintf(name, sizeof name, "change %zu", i);
        expect_told(name, all[i].make, all[i].want, all[i].words);
    }
}

#define EXPECT_ALL(all) expect_all(all, sizeof(all) / sizeof(all)[0])

/* -- fields of the log's lines -- */

static struct record *record(int i)
{
    return &f.records[i];
}

static void set(int i, const char *key, json_t *value)
{
    ck_assert_int_eq(json_object_set_new(record(i)->obj, key, value), 0);
}

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

static void change_field(void)
{
    set(changed->line, changed->key, changed->text != NULL ? json_string(changed->text) : json_integer(3));
}

START_TEST(lines_of_the_log)
{
    for (changed = fields; changed < fields + sizeof fields / sizeof fields[0]; changed++)
        expect_told(changed->key, change_field, changed->want, changed->words);
}
END_TEST

static void nothing(void) {}
static void genesis_not_first(void) { f.genesis = record(LOG_ANCHOR); }
static void times_go_back(void) { record(ROOT_ANCHOR)->time++; }
static void batch_after_plan(void) { record(BATCH)->seq = 99; }
static void issued_not_last(void) { f.issued = f.plan; }

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

static void longer_batch(void) { f.header.count++; }
static void plan_of_batch(void) { f.plan_header.batch[0] ^= 1; }
static void plan_of_intake(void) { f.plan_header.intake[0] ^= 1; }
static void plan_of_authority(void) { f.plan_header.authority[0] = 'x'; }
static void plan_of_ra(void) { f.plan_header.ra[0] = 'x'; }
static void plan_of_id(void) { f.plan_header.id[0] = '.'; }
static void plan_of_sequence(void) { f.plan_header.sequence++; }
static void plan_too_old(void) { f.plan_header.expires = record(PLAN)->time - 1; }
static void plan_too_new(void) { f.plan_header.created = record(PLAN)->time + 1; }
static void refused(void) { f.item.act = PLAN_REFUSE; }
static void is_eseal(void) { snprintf(f.item.profile, sizeof f.item.profile, POLICY_SEAL); }
static void item_of_key(void) { f.item.key[0] = 'x'; }
static void item_of_id(void) { f.item.id[0] = '.'; }
static void asked_for_other(void) { f.request.profile[0] = 'x'; }
static void tbs_broken(void) { f.item.tbs.data[0] ^= 1; }
static void certificate_longer(void) { buf_append_byte(&ev.certificate, 0); }
static void certificate_other(void) { ev.certificate.data[ev.certificate.len - 1] ^= 1; }

static void supersedes_what_the_log_has(void)
{
    char hex[2 * SERIAL_LEN + 1];
    f.item.has_supersedes = true;
    memset(f.item.supersedes, 0x55, SERIAL_LEN);
    hex_encode(f.item.supersedes, SERIAL_LEN, hex);
    set(ISSUED, "supersedes", json_string(hex));
}

static void asked_for_other_key(void)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    buf_reset(&f.request.csr);
    help_csr(key, SIG_SM2_SM3, NULL, &f.request.csr);
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
                                        {refused, E_EVIDENCE_CONTENT, "something else"},
                                        {is_eseal, E_EVIDENCE_CONTENT, "something else"},
                                        {item_of_key, E_EVIDENCE_CONTENT, "something else"},
                                        {item_of_id, E_EVIDENCE_CONTENT, "another request"},
                                        {asked_for_other, E_EVIDENCE_CONTENT, "another request"},
                                        {supersedes_what_the_log_has, E_OK, NULL},
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
    expect_ok_diag(cert_parse(buf_span(&der), &out, &d), &d);
    OPENSSL_free(bytes);
    X509_free(made);
    X509_free(x);
    buf_free(&tbs);
    buf_free(&der);
    return out;
}

static void reissue_root(const X509 *subject_of, const X509 *issuer_of, EVP_PKEY *key)
{
    f.issuer = reissue(f.issuer, subject_of, issuer_of, key);
}

static void root_below_log_key(void) { reissue_root(f.issuer, f.log_key, h.bundle.keys[HELP_BUNDLE_LOG]); }

static void root_below_nobody(void)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    reissue_root(f.issuer, f.log_key, key);
    EVP_PKEY_free(key);
}

static void root_below_unknown_name(void)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    X509 *other = help_cert(key, SIG_SM2_SM3, "other");
    reissue_root(f.issuer, other, key);
    X509_free(other);
    EVP_PKEY_free(key);
}

static void anchor_above_broken(void)
{
    root_below_log_key();
    set(LOG_ANCHOR, "certificate", json_string("!"));
}

static void log_key_of_other(void) { f.log_key = reissue(f.log_key, f.log_key, f.log_key, h.bundle.keys[HELP_BUNDLE_ROOT]); }
static void root_of_other_name(void) { reissue_root(f.log_key, f.issuer, h.bundle.keys[HELP_BUNDLE_ROOT]); }

START_TEST(keys_of_the_appliance)
{
    static const struct change all[] = {{root_below_log_key, E_OK, NULL},
                                        {root_below_nobody, E_CERT_SIGNATURE, "ca-root"},
                                        {root_below_unknown_name, E_CERT_SIGNATURE, "ca-root"},
                                        {anchor_above_broken, E_EVIDENCE_FORMAT, NULL},
                                        {log_key_of_other, E_CERT_SIGNATURE, NULL},
                                        {root_of_other_name, E_EVIDENCE_CONTENT, "names another issuer"}};
    EXPECT_ALL(all);
}
END_TEST

static void write_anchors(void)
{
    help_write_cert("the-log.pem", f.log_key);
    help_write_cert("ca-root.pem", f.issuer);
}

static void other_log_anchor(void) { help_write_cert("the-log.pem", f.issuer); }

static void other_root_anchor(void)
{
    write_anchors();
    help_write_cert("ca-root.pem", f.log_key);
}

static void no_root_anchor(void) { ck_assert(help_run("rm ca-root.pem")); }

START_TEST(certificates_that_came_by_hand)
{
    static char long_path[5000];
    memset(long_path, 'x', sizeof long_path - 1);
    anchors = help_dir();
    expect_told("right ones", write_anchors, E_OK, NULL);
    ck_assert(verdict.anchors_compared && verdict.same_policy);
    expect_told("another log key", other_log_anchor, E_ANCHOR, "the-log is another certificate");
    expect_told("another root", other_root_anchor, E_ANCHOR, "ca-root is another certificate");
    expect_told("no root", no_root_anchor, E_IO, NULL);
    anchors = long_path;
    expect_told("a long path", nothing, E_USAGE, "--anchors");
    anchors = NULL;
}
END_TEST

/* -- persons -- */

/* Let the plan have been made under this policy. */
static void adopt(void)
{
    char hex[DIGEST_HEX];
    expect_ok(policy_digest(&policy, f.plan_header.policy));
    hex_encode(f.plan_header.policy, DIGEST_LEN, hex);
    set(PLAN, "policy", json_string(hex));
}

static void person_of_shorter(void)
{
    person.certificate.n--;
    adopt();
}

static void person_of_other_bytes(void)
{
    static uint8_t bytes[4096];
    ck_assert_uint_le(person.certificate.n, sizeof bytes);
    memcpy(bytes, person.certificate.p, person.certificate.n);
    bytes[person.certificate.n - 1] ^= 1;
    person.certificate.p = bytes;
    adopt();
}

static void person_of_other_ra(void)
{
    person.ra = "city";
    adopt();
}

static void person_of_other_role(void)
{
    person.role = POLICY_REVIEW;
    adopt();
}

static void no_authority(void)
{
    policy.authorities_n = 0;
    adopt();
}

static void two_must_enter(void)
{
    static const struct policy_approval two[] = {{POLICY_ENTRY, 2, "c 10"}};
    authority.approvals = two;
    adopt();
}

static void no_officers(void)
{
    policy.officers_n = 0;
    adopt();
}

/* As long as the first one's, and another. */
static void another_officer(void)
{
    static uint8_t bytes[4096];
    static struct policy_officer one;
    one = policy.officers[0];
    ck_assert_uint_le(one.certificate.n, sizeof bytes);
    memcpy(bytes, one.certificate.p, one.certificate.n);
    bytes[one.certificate.n - 1] ^= 1;
    one.certificate.p = bytes;
    policy.officers = &one;
    policy.officers_n = 1;
    adopt();
}

static void three_officers(void)
{
    policy.quorum = 3;
    adopt();
}

static void no_profile(void)
{
    authority.profiles_n = 0;
    adopt();
}

static void no_key(void)
{
    root.name = "cb-root";
    adopt();
}

START_TEST(persons_of_the_policy)
{
    static const struct change all[] = {{adopt, E_OK, NULL},
                                        {person_of_shorter, E_APPROVAL_PERSON, "approval 1"},
                                        {person_of_other_bytes, E_APPROVAL_PERSON, "approval 1"},
                                        {person_of_other_ra, E_APPROVAL_PERSON, "approval 1"},
                                        {person_of_other_role, E_APPROVAL_PERSON, "approval 1"},
                                        {no_authority, E_AUTHORITY, "ca"},
                                        {two_must_enter, E_APPROVAL_MISSING, "1 of 2"},
                                        {no_officers, E_OFFICER, "authorisation 1"},
                                        {another_officer, E_OFFICER, "authorisation 1"},
                                        {three_officers, E_QUORUM, "2 of 3"},
                                        {no_profile, E_PROFILE, "person"},
                                        {no_key, E_PROFILE, "person"}};
    EXPECT_ALL(all);
}
END_TEST

/* -- their signatures -- */

static void copy(struct buf *to, const struct buf *from)
{
    struct buf bytes = {0};
    buf_append(&bytes, from->data, from->len);
    buf_free(to);
    *to = bytes;
}

static void sha256(const struct buf *b, uint8_t out[DIGEST_LEN])
{
    expect_ok(digest_bytes(DIGEST_SHA256, b->data, b->len, out));
}

/* One more, which is the first one again. */
static void repeat(struct evidence_signatures *s)
{
    struct evidence_signature *one;
    expect_ok(evidence_add_signature(s, &one));
    copy(&one->certificate, &s->v[0].certificate);
    copy(&one->cms, &s->v[0].cms);
}

static void approval_of_another(void) { f.plan_header.approvals[0].certificate[0] ^= 1; }
static void two_approvals_in_the_plan(void) { f.plan_header.approvals_n = 2; }
static void no_approvals(void) { ev.approvals.n = f.plan_header.approvals_n = 0; }

static void approval_by_another(void)
{
    copy(&ev.approvals.v[0].certificate, &h.people[1]);
    sha256(&h.people[1], f.plan_header.approvals[0].certificate);
}

static void approved_twice(void)
{
    repeat(&ev.approvals);
    f.plan_header.approvals[1] = f.plan_header.approvals[0];
    f.plan_header.approvals_n = 2;
}

/* Distinct, so that each is looked at; the first one is wrong. */
static void approved_by_two(void)
{
    approved_twice();
    ev.approvals.v[1].certificate.data[0] ^= 1;
    approval_of_another();
}

static void long_ago(void)
{
    for (size_t i = 0; i < f.records_n; i++)
        record((int)i)->time += YEARS;
    f.plan_header.created += YEARS;
    f.plan_header.expires += YEARS;
}

START_TEST(approvals)
{
    static const struct change all[] = {{approval_of_another, E_EVIDENCE_CONTENT, "approval 1: the plan has another person"},
                                        {two_approvals_in_the_plan, E_EVIDENCE_CONTENT, "not those of the plan"},
                                        {no_approvals, E_EVIDENCE_CONTENT, "not those of the plan"},
                                        {approval_by_another, E_APPROVAL_SIGNATURE, "approval 1: it is by another certificate"},
                                        {approved_twice, E_EVIDENCE_CONTENT, "not those of the plan"},
                                        {approved_by_two, E_EVIDENCE_CONTENT, "approval 1: the plan has another person"},
                                        {long_ago, E_APPROVAL_EXPIRED, "approval 1"}};
    EXPECT_ALL(all);
}
END_TEST

static void log_has(int line, const char *key, const struct buf *bytes)
{
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    sha256(bytes, digest);
    hex_encode(digest, DIGEST_LEN, hex);
    set(line, key, json_string(hex));
}

static void one_is_hidden(void) { ev.authorisations.n = 1; }
static void one_is_repeated(void) { repeat(&ev.authorisations); }
static void one_after_the_plan(void) { record(AUTHORISE_2)->seq = 99; }
static void one_is_not_logged(void) { record(AUTHORISE_2)->type = RECORD_TIME; }

static void none_at_all(void)
{
    record(AUTHORISE_1)->type = record(AUTHORISE_2)->type = RECORD_TIME;
    ev.authorisations.n = 0;
}

static void one_officer_twice(void)
{
    struct evidence_signature *v = ev.authorisations.v;
    copy(&v[1].certificate, &v[0].certificate);
    copy(&v[1].cms, &v[0].cms);
    log_has(AUTHORISE_2, "officer", &v[0].certificate);
    log_has(AUTHORISE_2, "signature", &v[0].cms);
}

static void signed_by_another(void)
{
    struct evidence_signature *v = ev.authorisations.v;
    copy(&v[0].cms, &v[1].cms);
    log_has(AUTHORISE_1, "signature", &v[0].cms);
}

static void signature_cut_off(void)
{
    struct evidence_signature *v = ev.authorisations.v;
    v[0].cms.len--;
    log_has(AUTHORISE_1, "signature", &v[0].cms);
}

static void officers_expired(void)
{
    for (int i = AUTHORISE_1; i <= ISSUED; i++)
        record(i)->time += YEARS;
    f.plan_header.expires += YEARS;
}

START_TEST(authorisations)
{
    static const struct change all[] = {{one_is_hidden, E_EVIDENCE_CONTENT, "authorisation 2: it is not there"},
                                        {one_is_repeated, E_EVIDENCE_CONTENT, "not those of the log"},
                                        {one_after_the_plan, E_EVIDENCE_CONTENT, "authorisation 2: it is not there, or came after"},
                                        {one_is_not_logged, E_EVIDENCE_CONTENT, "not those of the log"},
                                        {none_at_all, E_EVIDENCE_CONTENT, "not those of the log"},
                                        {one_officer_twice, E_EVIDENCE_CONTENT, "not those of the log"},
                                        {signed_by_another, E_OFFICER_SIGNATURE, "authorisation 1"},
                                        {signature_cut_off, E_OFFICER_SIGNATURE, "authorisation 1"},
                                        {officers_expired, E_OFFICER, "authorisation 1"}};
    EXPECT_ALL(all);
}
END_TEST

Suite *suite_evidence_check(void)
{
    Suite *s = suite_create("evidence_check");
    TCase *c = tcase_create("evidence_check");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, lines_of_the_log);
    tcase_add_test(c, order_of_the_log);
    tcase_add_test(c, batch_plan_and_certificate);
    tcase_add_test(c, keys_of_the_appliance);
    tcase_add_test(c, certificates_that_came_by_hand);
    tcase_add_test(c, persons_of_the_policy);
    tcase_add_test(c, approvals);
    tcase_add_test(c, authorisations);
    suite_add_tcase(s, c);
    return s;
}
