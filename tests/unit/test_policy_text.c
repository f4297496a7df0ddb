/* The canonical text of the policy table, and its digest. */
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "sample_policy.h"

static const uint8_t der3[] = {0x30, 0x01, 0x03};

static void text_of(const struct policy *p, struct buf *out)
{
    buf_reset(out);
    expect_ok(policy_print(p, out));
    buf_append_byte(out, '\0');
    expect_ok(buf_err(out));
}

START_TEST(text_is_canonical)
{
    struct sample_policy f;
    struct buf text = {0};
    sample_policy_make(&f);
    text_of(&f.policy, &text);
    const char *s = (const char *)text.data;
    ck_assert_ptr_eq(
        strstr(s,
               "policy \"test\"\ntoken \"pkcs11:token=test\"\nsm2-vendor generic\nlog-hash sm3\n"),
        s);
    ck_assert_ptr_nonnull(
        strstr(s, "\nlog-key \"log\" uri \"pkcs11:object=root\" kind sm2 bits 256 alg sm2-sm3 "
                  "sm2-null true validity 20y issuer none clause \"art 10\"\n"));
    ck_assert_ptr_nonnull(
        strstr(s, "\nlimits batch-bytes 1 batch-requests 2 batch-age 3 plan-lifetime 4 token-timeout 5 "
                  "clock-jump 6 clause \"art 15\"\nquorum 2 clause \"art 16\"\n"));
    ck_assert_ptr_nonnull(
        strstr(s, "\nauthority \"north\" profile \"person\" subject \"CN\" value none required "
                  "max 64 string utf8 clause \"art 9\"\n"));
    ck_assert_ptr_nonnull(
        strstr(s, "\nauthority \"north\" profile \"device\" key-usage nonRepudiation "
                  "digitalSignature clause \"art 4\"\n"));
    ck_assert_ptr_nonnull(
        strstr(s, "\nauthority \"north\" profile \"person\" subject-keys sm2 256..256 "
                  "rsa 2048..4096 clause \"art 2\"\n"));
    /* SHA-256 of 30 01 02, by openssl dgst. */
    ck_assert_ptr_nonnull(
        strstr(s, "\nofficer \"o-2\" certificate-sha256 "
                  "3cbe6470cff85dfaddea998f857fa38772dbf46f74b039fef0a75f69bc4a8c7d\n"));
    buf_free(&text);
}
END_TEST

START_TEST(text_is_escaped)
{
    struct sample_policy f;
    struct buf text = {0};
    sample_policy_make(&f);
    f.authorities[1].title = "\xe6\xb1\x9f\" clause \"x\n\x1b[2J\\u{41}\xff\xe2\x80\xae";
    text_of(&f.policy, &text);
    ck_assert_ptr_nonnull(
        strstr((const char *)text.data,
               "\nauthority \"south\" title \"\\u{6C5F}\\u{22} clause \\u{22}x\\u{A}\\u{1B}[2J"
               "\\u{5C}u{41}\\x{FF}\\u{202E}\" agreement \"south.txt\"\n"));
    for (size_t i = 0; i + 1 < text.len; i++)
        ck_assert(text.data[i] == '\n' || (text.data[i] >= 0x20 && text.data[i] <= 0x7e));
    buf_free(&text);
}
END_TEST

START_TEST(digest_is_that_of_the_text)
{
    struct sample_policy f;
    struct buf text = {0};
    uint8_t digest[DIGEST_LEN], again[DIGEST_LEN];
    sample_policy_make(&f);
    text_of(&f.policy, &text);
    expect_ok(policy_digest(&f.policy, digest));
    expect_ok(digest_bytes(DIGEST_SHA256, text.data, text.len - 1, again));
    ck_assert_mem_eq(digest, again, DIGEST_LEN);
    buf_free(&text);
}
END_TEST

/* Change one thing in a fresh fixture: the digest must be one that was not seen before. */
struct digests {
    uint8_t (*seen)[DIGEST_LEN];
    size_t n;
};

static void note(struct digests *d, const struct sample_policy *f, const char *change)
{
    uint8_t(*seen)[DIGEST_LEN] = realloc(d->seen, (d->n + 1) * sizeof *seen);
    ck_assert_ptr_nonnull(seen);
    d->seen = seen;
    expect_ok(policy_digest(&f->policy, seen[d->n]));
    for (size_t i = 0; i < d->n; i++)
        ck_assert_msg(memcmp(seen[i], seen[d->n], DIGEST_LEN) != 0,
                      "%s: the digest does not change", change);
    d->n++;
}

#define CHANGE(statement)                                                                          \
    do {                                                                                           \
        sample_policy_make(&f);                                                                                  \
        statement;                                                                                 \
        note(&d, &f, #statement);                                                                  \
    } while (0)

#define CHANGE_KEY(key)                                                                            \
    do {                                                                                           \
        CHANGE(key.name = "other");                                                                \
        CHANGE(key.uri = "pkcs11:object=other");                                                   \
        CHANGE(key.kind = KEY_RSA);                                                                \
        CHANGE(key.bits = 257);                                                                    \
        CHANGE(key.alg = SIG_PSS_SHA384);                                                          \
        CHANGE(key.sm2_null = false);                                                              \
        CHANGE(key.subject = &f.attributes[1]);                                                    \
        CHANGE(key.subjects = 2);                                                                  \
        CHANGE(key.validity.years = 21);                                                           \
        CHANGE(key.validity.months = 1);                                                           \
        CHANGE(key.validity.days = 1);                                                             \
        CHANGE(key.clause = "other");                                                              \
        CHANGE(key.crl_period = 99);                                                               \
        CHANGE(key.crl_delta_period = 99);                                                         \
        CHANGE(key.crl_url = "http://other/");                                                     \
        CHANGE(key.crl_url = NULL);                                                                \
        CHANGE(key.crl_clause = "other");                                                          \
        CHANGE(key.issuer = "other");                                                              \
    } while (0)

START_TEST(digest_knows_appliance)
{
    struct sample_policy f;
    struct digests d = {0};
    CHANGE((void)0);
    CHANGE(f.policy.name = "other");
    CHANGE(f.policy.token = "pkcs11:token=other");
    CHANGE(f.policy.vendor = POLICY_VENDOR_IBM);
    CHANGE(f.policy.log_hash = DIGEST_SHA256);
    CHANGE_KEY(f.policy.log_key);
    CHANGE_KEY(f.policy.bundle_key);
    CHANGE(f.policy.limits.batch_bytes = 99);
    CHANGE(f.policy.limits.batch_requests = 99);
    CHANGE(f.policy.limits.batch_age = 99);
    CHANGE(f.policy.limits.plan_lifetime = 99);
    CHANGE(f.policy.limits.token_timeout = 99);
    CHANGE(f.policy.limits.clock_jump = 99);
    CHANGE(f.policy.limits.clause = "other");
    CHANGE(f.policy.quorum = 3);
    CHANGE(f.policy.quorum_clause = "other");
    CHANGE(f.policy.authorities_n = 1);
    CHANGE(f.policy.authorities = &f.authorities[1]; f.policy.authorities_n = 1);
    CHANGE(f.policy.ras_n = 1);
    CHANGE(f.policy.persons_n = 1);
    CHANGE(f.policy.officers_n = 1);
    free(d.seen);
}
END_TEST

START_TEST(digest_knows_authority)
{
    struct sample_policy f;
    struct digests d = {0};
    CHANGE((void)0);
    CHANGE(f.authorities[1].name = "other");
    CHANGE(f.authorities[0].name = "other");
    CHANGE(f.authorities[0].title = "other");
    CHANGE(f.authorities[0].agreement = "other");
    CHANGE(f.authorities[0].keys_n = 1);
    CHANGE_KEY(f.keys[0]);
    CHANGE_KEY(f.keys[1]);
    CHANGE(f.authorities[0].approvals_n = 1);
    CHANGE(f.approvals[0].role = POLICY_REVIEW);
    CHANGE(f.approvals[0].count = 2);
    CHANGE(f.approvals[0].clause = "other");
    CHANGE(f.authorities[0].profiles_n = 1);
    free(d.seen);
}
END_TEST

START_TEST(digest_knows_services)
{
    struct sample_policy f;
    struct digests d = {0};
    CHANGE((void)0);
    CHANGE(f.authorities[0].services_n = 1);
    CHANGE(f.services[1].op = "other");
    CHANGE(f.services[1].clause = "other");
    CHANGE(f.services[1].by[POLICY_BY_SUBSCRIBER] = false);
    CHANGE(f.services[1].by[POLICY_BY_CEASED] = true);
    CHANGE(f.services[1].by_clause[POLICY_BY_OPERATOR] = "other");
    CHANGE(f.services[1].by_clause[POLICY_BY_CEASED] = "other");
    CHANGE(f.authorities[0].services_clause = "other");
    CHANGE(f.authorities[0].reasons_n = 1);
    CHANGE(f.reasons[1].name = "other");
    CHANGE(f.reasons[1].by = POLICY_BY_CEASED);
    CHANGE(f.reasons[1].code = 9);
    CHANGE(f.reasons[1].clause = "other");
    CHANGE(f.authorities[0].renewal.window.days = 9);
    CHANGE(f.authorities[0].renewal.new_key = false);
    CHANGE(f.authorities[0].renewal.clause = "other");
    CHANGE(f.authorities[0].renewal.clause = NULL);
    CHANGE(f.authorities[0].renewal.key_clause = "other");
    CHANGE(f.authorities[0].revoke_within = 9);
    CHANGE(f.authorities[0].revoke_within_clause = "other");
    CHANGE(f.authorities[0].ocsp_key = NULL);
    CHANGE(f.authorities[0].ocsp_period = 9);
    CHANGE(f.authorities[0].ocsp_clause = "other");
    CHANGE(f.authorities[0].seals.key = NULL);
    CHANGE(f.authorities[0].seals.validity.years = 9);
    CHANGE(f.authorities[0].seals.validity_clause = "other");
    CHANGE(f.authorities[0].seals.clause = "other");
    CHANGE(f.authorities[0].seals.holder_issuer = f.persons[0].certificate);
    CHANGE((f.authorities[0].seals.holder_issuer = f.persons[0].certificate, f.authorities[0].seals.holder_clause = "other"));
    CHANGE(f.authorities[0].seals.holder_issuer = f.persons[1].certificate);
    free(d.seen);
}
END_TEST

START_TEST(digest_knows_profile)
{
    struct sample_policy f;
    struct digests d = {0};
    CHANGE((void)0);
    CHANGE(f.profiles[0].name = "other");
    CHANGE(f.profiles[0].kind = POLICY_DEVICE);
    CHANGE(f.profiles[0].key = "other");
    CHANGE(f.profiles[0].clause = "other");
    CHANGE(f.profiles[0].keys_n = 1);
    CHANGE(f.subject_keys[1].kind = KEY_P384);
    CHANGE(f.subject_keys[1].min_bits = 3072);
    CHANGE(f.subject_keys[1].max_bits = 3072);
    CHANGE(f.profiles[0].keys_clause = "other");
    CHANGE(f.profiles[0].subject_n = 1);
    CHANGE(f.profiles[0].validity.years = 9);
    CHANGE(f.profiles[0].validity.months = 9);
    CHANGE(f.profiles[0].validity.days = 9);
    CHANGE(f.profiles[0].validity_clause = "other");
    CHANGE(f.profiles[0].key_usage = KU_DIGITAL_SIGNATURE);
    CHANGE(f.profiles[0].key_usage |= UINT32_C(0x80000000));
    CHANGE(f.profiles[0].key_usage_clause = "other");
    CHANGE(f.profiles[0].extensions_clause = "other");
    CHANGE(f.profiles[0].copy_san = true);
    CHANGE(f.profiles[0].extended_key_usage.n = 1);
    CHANGE(f.profiles[0].policies.n = 1);
    CHANGE(f.profiles[0].crl.n = 1);
    CHANGE(f.profiles[0].ocsp.n = 1);
    CHANGE(f.profiles[0].issuers.n = 1);
    CHANGE(f.purposes[1] = "other");
    CHANGE(f.policies[1] = "other");
    CHANGE(f.crl[1] = "other");
    CHANGE(f.ocsp[1] = "other");
    CHANGE(f.issuers[1] = "other");
    CHANGE(f.attributes[1].type = "O");
    CHANGE(f.attributes[1].value = "none");
    CHANGE(f.attributes[1].value = "");
    CHANGE(f.attributes[1].required = false);
    CHANGE(f.attributes[1].max = 63);
    CHANGE(f.attributes[1].string = POLICY_PRINTABLE);
    CHANGE(f.attributes[1].clause = "other");
    free(d.seen);
}
END_TEST

START_TEST(digest_knows_people)
{
    struct sample_policy f;
    struct digests d = {0};
    CHANGE((void)0);
    CHANGE(f.ras[1].id = "other");
    CHANGE(f.ras[1].authority = "north");
    CHANGE(f.persons[1].id = "other");
    CHANGE(f.persons[1].ra = "ra-2");
    CHANGE(f.persons[1].role = POLICY_ENTRY);
    CHANGE(f.persons[1].certificate.p = der3);
    CHANGE(f.persons[1].certificate.n = 2);
    CHANGE(f.officers[1].id = "other");
    CHANGE(f.officers[1].certificate.p = der3);
    CHANGE(f.officers[1].certificate.n = 2);
    free(d.seen);
}
END_TEST

Suite *suite_policy_text(void);

Suite *suite_policy_text(void)
{
    Suite *s = suite_create("policy_text");
    TCase *t = tcase_create("policy_text");
    tcase_add_test(t, text_is_canonical);
    tcase_add_test(t, text_is_escaped);
    tcase_add_test(t, digest_is_that_of_the_text);
    tcase_add_test(t, digest_knows_appliance);
    tcase_add_test(t, digest_knows_authority);
    tcase_add_test(t, digest_knows_services);
    tcase_add_test(t, digest_knows_profile);
    tcase_add_test(t, digest_knows_people);
    suite_add_tcase(s, t);
    return s;
}
