/* What evidence_decide() finds when the request is decided again. */
#include <check.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "audit/evidence_decide.h"
#include "batch/certify.h"
#include "expect.h"
#include "help_change.h"
#include "help_pki.h"
#include "pki/name.h"

Suite *suite_evidence_decide(void);

static void no_ra(void)
{
    change_fix.policy.ras_n = 0;
    change_adopt();
}

static void ra_of_another(void)
{
    static const struct policy_ra town = {"town", "cb"};
    change_fix.policy.ras = &town;
    change_adopt();
}

static void batch_out_of_date(void)
{
    change_fix.policy.limits.batch_age = -1;
    change_adopt();
}

static void not_offered(void)
{
    change_fix.authority.services_n = 0;
    change_adopt();
}

static void other_clause(void)
{
    change_fix.profile.clause = "c 99";
    change_adopt();
}

/* The last characters of the subject are others; so the appliance could sign what nobody asked for. */
static void change_subject(struct buf *tbs)
{
    static const char cn[] = "\x06\x03\x55\x04\x03"; /* OID of CN: the issuer's first, then the subject's */
    uint8_t *at = memmem(tbs->data, tbs->len, cn, 5);
    ck_assert_ptr_nonnull(at);
    at++;
    at = memmem(at, tbs->len - (size_t)(at - tbs->data), cn, 5);
    ck_assert_ptr_nonnull(at);
    at[7] = at[7] == 'x' ? 'y' : 'x'; /* behind tag and length */
}

START_TEST(what_the_policy_refuses)
{
    static const struct change all[] = {{no_ra, E_RA, "town is no RA of ca"},
                                        {ra_of_another, E_RA, "town is no RA of ca"},
                                        {batch_out_of_date, E_BATCH_EXPIRED, NULL},
                                        {not_offered, E_EVIDENCE_CONTENT, "the policy refuses the request (E_OP_NOT_OFFERED)"},
                                        {other_clause, E_EVIDENCE_CONTENT, "was not decided so"}};
    EXPECT_ALL(all);
}
END_TEST

START_TEST(what_nobody_asked_for)
{
    const struct help_evidence *h = &change_fix.h;
    struct evidence ev;
    struct evidence_facts f;
    struct diag d = {0};
    expect_ok_diag(evidence_parse(buf_span(&h->text), &ev, &d), &d);
    expect_ok_diag(evidence_read_parts(&ev, &f, &d), &d);
    expect_ok_diag(evidence_decide(&ev, &f, &h->policy, &d), &d);
    change_subject(&f.item.tbs);
    enum err e = evidence_decide(&ev, &f, &h->policy, &d);
    ck_assert_msg(e == E_EVIDENCE_CONTENT && strstr(d.text, "says something else than it asks for") != NULL, "%s: %s", err_name(e), d.text);
    evidence_facts_free(&f);
    evidence_free(&ev);
}
END_TEST

/* -- requests of another kind; whether the batch has them is not looked at here -- */

static struct evidence ev;
static struct evidence_facts facts;

static void ask(const struct request *r)
{
    struct buf *line = &ev.batch.v[1].bytes;
    buf_reset(line);
    expect_ok(request_write(r, line));
}

static void read_evidence(void)
{
    struct diag d = {0};
    expect_ok_diag(evidence_parse(buf_span(&change_fix.h.text), &ev, &d), &d);
    expect_ok_diag(evidence_read_parts(&ev, &facts, &d), &d);
}

static void forget_evidence(void)
{
    evidence_facts_free(&facts);
    evidence_free(&ev);
}

static void expect_decided(const struct policy *p, enum err want, const char *words)
{
    struct diag d = {0};
    enum err e = evidence_decide(&ev, &facts, p, &d);
    ck_assert_msg(e == want && strstr(d.text, words) != NULL, "%s: %s: %s", words, err_name(e), d.text);
    expect_seen(e);
}

START_TEST(what_ends_in_no_certificate)
{
    const struct policy *p = &change_fix.h.policy;
    struct request r = {.id = "one", .op = OP_SUSPEND, .op_text = "suspend", .has_serial = true,
                        .serial = {HELP_BUNDLE_OLD}, .requested_at = HELP_BUNDLE_NOW};
    read_evidence();
    snprintf(facts.item.key, sizeof facts.item.key, "other");
    expect_decided(p, E_EVIDENCE_CONTENT, "asks for something else");
    forget_evidence();
    read_evidence();
    ask(&r);
    expect_decided(p, E_EVIDENCE_CONTENT, "asks for something else");
    forget_evidence();
}
END_TEST

/* The plan's line for it, as an appliance makes it that has issued the signing certificate. */
static void plan_pair(const struct policy *p, const struct policy_authority *a)
{
    struct decider c = {.policy = p, .authority = a, .header = &facts.header, .now = facts.plan_header.created};
    struct decision signing = {.profile = &a->profiles[0]}, o;
    struct issuer issuer = {.row = &a->keys[0], .cert = facts.issuer};
    struct plan_item item = {.n = facts.item.n, .act = PLAN_ISSUE, .serial = {0x40, [15] = 9}};
    struct diag d = {0};
    struct request r;
    expect_ok_diag(request_parse(buf_span(&ev.batch.v[1].bytes), 2, &r, &d), &d);
    snprintf(signing.request.id, sizeof signing.request.id, "%s", r.pair.request);
    request_free(&r);
    expect_ok_diag(decide_request(&c, buf_span(&ev.batch.v[1].bytes), E_OK, 2, &o, &d), &d);
    ck_assert_int_eq(o.code, E_PAIR_UNKNOWN);
    memcpy(signing.subject_digest, o.subject_digest, DIGEST_LEN);
    decision_free(&o);
    set_free(&c.ids);
    expect_ok_diag(pair_note_issued(&c, &signing, &item, &d), &d);
    expect_ok_diag(decide_request(&c, buf_span(&ev.batch.v[1].bytes), E_OK, 2, &o, &d), &d);
    ck_assert_msg(o.code == E_OK, "%s: %s", err_name(o.code), o.detail);
    expect_ok(name_from_rules(issuer.row->subject, issuer.row->subjects, &issuer.subject, &d));
    certify_begin(&o, &item);
    expect_ok_diag(certify_build(&issuer, &o, facts.plan_header.created, &item, &d), &d);
    buf_free(&issuer.subject);
    decision_free(&o);
    decider_free(&c);
    plan_item_free(&facts.item);
    facts.item = item;
}

/* The signing request that it names is another line of the batch, which is not in the evidence. */
START_TEST(an_encrypting_certificate)
{
    const struct policy_authority *was = &change_fix.h.policy.authorities[0];
    struct policy_profile profiles[] = {was->profiles[0], was->profiles[0]};
    struct policy_authority a = *was;
    struct policy p = change_fix.h.policy;
    struct request r = {.id = "one", .op = OP_ISSUE, .op_text = "issue", .requested_at = HELP_BUNDLE_NOW,
                        .profile = "encrypt", .pair.request = "signs"};
    EVP_PKEY *key = help_key(KEY_SM2);
    profiles[1].name = "encrypt";
    profiles[1].pair = profiles[0].name;
    profiles[1].key_usage = KU_KEY_ENCIPHERMENT;
    a.profiles = profiles;
    a.profiles_n = 2;
    p.authorities = &a;
    read_evidence();
    help_csr(key, SIG_SM2_SM3, NULL, &r.csr);
    help_envelope(key, &r.pair.enveloped_key);
    ask(&r);
    plan_pair(&p, &a);
    expect_decided(&p, E_OK, "");
    facts.item.enveloped_key.data[facts.item.enveloped_key.len - 1] ^= 1;
    expect_decided(&p, E_EVIDENCE_CONTENT, "was not decided so");
    facts.item.has_pair = false;
    expect_decided(&p, E_EVIDENCE_CONTENT, "the policy refuses the request (E_PAIR_UNKNOWN)");
    forget_evidence();
    request_free(&r);
    EVP_PKEY_free(key);
}
END_TEST

Suite *suite_evidence_decide(void)
{
    Suite *s = suite_create("evidence_decide");
    TCase *c = tcase_create("evidence_decide");
    tcase_add_checked_fixture(c, change_set_up, change_tear_down);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, what_the_policy_refuses);
    tcase_add_test(c, what_nobody_asked_for);
    tcase_add_test(c, what_ends_in_no_certificate);
    tcase_add_test(c, an_encrypting_certificate);
    suite_add_tcase(s, c);
    return s;
}
