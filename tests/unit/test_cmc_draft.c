#include "ra/cmc_draft.h"

#include <check.h>
#include <string.h>

#include "batch/request.h"
#include "expect.h"
#include "help_bundle.h"
#include "help_cmc.h"
#include "help_pki.h"
#include "pki/name.h"

Suite *suite_cmc_draft(void);

#define NOW HELP_BUNDLE_NOW

static EVP_PKEY *key;
static X509 *cert;
static struct buf csr, file;
static struct cmc cmc;
static struct cmc_additions with;
static struct diag d;

static void setup(void)
{
    key = help_key(KEY_RSA);
    cert = help_cert(key, SIG_RSA_SHA256, "another RA");
    EVP_PKEY *holder = help_key(KEY_P256);
    help_csr(holder, SIG_ECDSA_SHA256, NULL, &csr);
    EVP_PKEY_free(holder);
    help_cmc_good(buf_span(&csr), cert, key, &file);
    expect_ok_diag(cmc_parse(buf_span(&file), &cmc, &d), &d);
    with = help_cmc_additions(NOW);
}

static void teardown(void)
{
    EVP_PKEY_free(key);
    X509_free(cert);
    cmc_free(&cmc);
    buf_free(&csr);
    buf_free(&file);
    help_clean();
}

static enum err draft(size_t part, struct request *r)
{
    d = (struct diag){0};
    return cmc_draft(&cmc, &cmc.parts[part], &with, r, &d);
}

static void expect_wrong(size_t part, enum err want, const char *words)
{
    struct request r;
    enum err e = draft(part, &r);
    ck_assert_msg(e == want && strcmp(d.text, words) == 0, "%s: %s: %s", words, err_name(e), d.text);
    expect_seen(e);
    request_free(&r);
}

START_TEST(body_parts_become_requests)
{
    static const enum op ops[] = {OP_ISSUE, OP_REVOKE, OP_SUSPEND};
    static const char *const ids[] = {"order-5", "order-9", "order-70000"};
    with.text[DRAFT_OPERATOR] = "op-7";
    with.text[DRAFT_REQUESTED_AT] = "2025-10-08T08:53:20Z";
    for (size_t i = 0; i < 3; i++) {
        struct request r;
        expect_ok_diag(draft(i, &r), &d);
        ck_assert_str_eq(r.id, ids[i]);
        ck_assert(r.op == ops[i] && r.has_serial == (i > 0) && r.requested_at == NOW - 86400);
        ck_assert_str_eq(r.operator_, "op-7");
        ck_assert(r.has_evidence && memcmp(r.evidence, cmc.digest, DIGEST_LEN) == 0);
        ck_assert_str_eq(r.profile, i == 0 ? "person" : "");
        ck_assert_str_eq(r.by, i == 1 ? "subscriber" : "");
        ck_assert_str_eq(r.reason, i == 1 ? "lost" : "");
        ck_assert_str_eq(r.issuer, i > 0 ? with.authority->keys[0].name : "");
        ck_assert(i > 0 ? r.csr.len == 0 && r.serial[15] == 6 + i : r.csr.len == csr.len);
        request_free(&r);
    }
    cmc.parts[2].reason = 8;
    struct request r;
    expect_ok_diag(draft(2, &r), &d);
    ck_assert_int_eq(r.op, OP_RESUME);
    request_free(&r);
}
END_TEST

START_TEST(reasons_are_those_of_the_policy)
{
    struct request r;
    cmc.parts[1].reason = 3;
    expect_ok_diag(draft(1, &r), &d);
    ck_assert_str_eq(r.reason, "moved");
    request_free(&r);
    with.text[DRAFT_REASON] = "lost"; /* of another one in the file */
    expect_ok_diag(draft(1, &r), &d);
    ck_assert_str_eq(r.reason, "moved");
    request_free(&r);
    /* unspecified: a person says which */
    cmc.parts[1].reason = 0;
    expect_ok_diag(draft(1, &r), &d);
    ck_assert_str_eq(r.reason, "lost");
    request_free(&r);
    with.text[DRAFT_REASON] = NULL;
    expect_wrong(1, E_REASON, "body part 9: by subscriber ca has no reason for the CRLReason 0 (unspecified)");
    cmc.parts[1].reason = 2;
    expect_wrong(1, E_REASON, "body part 9: by subscriber ca has no reason for the CRLReason 2");
    with.text[DRAFT_BY] = "nobody";
    expect_wrong(1, E_FIELD_VALUE, "body part 9: --by: nobody is not subscriber, ceased or operator");
    with.text[DRAFT_BY] = NULL;
    expect_wrong(1, E_FIELD_MISSING, "body part 9: a revocation needs --by");
}
END_TEST

START_TEST(one_code_may_be_two_reasons)
{
    const struct policy_reason two[] = {{"lost", POLICY_BY_SUBSCRIBER, 1, "c 1"}, {"gone", POLICY_BY_SUBSCRIBER, 1, "c 1"}};
    struct policy_authority a = help_bundle_policy()->authorities[0];
    struct policy p = *help_bundle_policy();
    struct request r;
    a.reasons = two;
    p.authorities = with.authority = &a;
    with.policy = &p;
    expect_wrong(1, E_REASON, "body part 9: the CRLReason 1 may be one of lost, gone: give --reason");
    with.text[DRAFT_REASON] = "none";
    expect_wrong(1, E_REASON, "body part 9: the CRLReason 1 may be one of lost, gone: give --reason");
    with.text[DRAFT_REASON] = "gone";
    expect_ok_diag(draft(1, &r), &d);
    ck_assert_str_eq(r.reason, "gone");
    request_free(&r);
}
END_TEST

/* Of an authority's keys those count that sign certificates. */
START_TEST(one_of_several_keys)
{
    const struct policy_key *root = &help_bundle_policy()->authorities[0].keys[0];
    struct policy_key keys[] = {*root, *root, *root};
    struct policy_authority a = help_bundle_policy()->authorities[0];
    struct policy p = *help_bundle_policy();
    struct request r;
    keys[0].name = a.ocsp_key = "ca-ocsp";
    keys[2].name = "ca-other";
    a.keys = keys;
    a.keys_n = 3;
    p.authorities = with.authority = &a;
    with.policy = &p;
    expect_ok_diag(draft(1, &r), &d);
    ck_assert_str_eq(r.issuer, root->name);
    request_free(&r);
    /* the issuer's name says which of two is meant */
    struct policy_attribute other = root->subject[0];
    struct buf name = {0};
    const struct span issuer = cmc.parts[1].issuer;
    other.type = "CN";
    other.value = "another root";
    other.string = POLICY_UTF8;
    keys[2].subject = &other;
    keys[2].subjects = 1;
    expect_ok_diag(name_from_rules(&other, 1, &name, &d), &d);
    cmc.parts[1].issuer = buf_span(&name);
    expect_ok_diag(draft(1, &r), &d);
    ck_assert_str_eq(r.issuer, "ca-other");
    request_free(&r);
    cmc.parts[1].issuer = issuer;
    buf_free(&name);
    a.keys_n = 1;
    expect_wrong(1, E_CERT_UNKNOWN, "body part 9: the issuer is not a CA of ca");
}
END_TEST

START_TEST(certificates_are_the_authoritys)
{
    const struct span serial = cmc.parts[1].serial;
    cmc.parts[1].serial.n = 15;
    expect_wrong(1, E_CERT_UNKNOWN, "body part 9: the serial number has 15 bytes, those of the appliance have 16");
    cmc.parts[1].serial = serial;
    cmc.parts[1].issuer.n--;
    expect_wrong(1, E_CERT_UNKNOWN, "body part 9: the issuer is not a CA of ca");
    with.text[DRAFT_PROFILE] = "other";
    expect_wrong(0, E_PROFILE, "body part 5: --profile: ca has no other, but person");
    with.text[DRAFT_PROFILE] = NULL;
    expect_wrong(0, E_FIELD_MISSING, "body part 5: profile: a request to issue needs profile");
    with.text[DRAFT_PROFILE] = "person";
    cmc.parts[0].csr.n = 1;
    expect_wrong(0, E_CSR_FORMAT, "body part 5: csr: the request");
}
END_TEST

Suite *suite_cmc_draft(void)
{
    Suite *s = suite_create("cmc_draft");
    TCase *t = tcase_create("requests");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, body_parts_become_requests);
    tcase_add_test(t, reasons_are_those_of_the_policy);
    tcase_add_test(t, one_code_may_be_two_reasons);
    tcase_add_test(t, one_of_several_keys);
    tcase_add_test(t, certificates_are_the_authoritys);
    suite_add_tcase(s, t);
    return s;
}
