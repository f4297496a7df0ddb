/* The policy table: look-ups, names, the canonical text and its digest. */
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "policy/policy.h"

/* A small policy with two of everything that is a list, so that each field of each struct can be
 * changed. */
struct fixture {
    struct policy_attribute attributes[2];
    struct policy_key keys[2];
    struct policy_service services[2];
    struct policy_reason reasons[2];
    struct policy_approval approvals[2];
    struct policy_subject_key subject_keys[2];
    const char *purposes[2], *policies[2], *crl[2], *ocsp[2], *issuers[2];
    struct policy_profile profiles[2];
    struct policy_authority authorities[2];
    struct policy_ra ras[2];
    struct policy_person persons[2];
    struct policy_officer officers[2];
    struct policy policy;
};

static const uint8_t der1[] = {0x30, 0x01, 0x01}, der2[] = {0x30, 0x01, 0x02},
                     der3[] = {0x30, 0x01, 0x03};

static void make_profiles(struct fixture *f)
{
    f->profiles[0] = (struct policy_profile){.name = "person",
                                             .kind = POLICY_PERSON,
                                             .key = "root",
                                             .clause = "art 1",
                                             .keys = f->subject_keys,
                                             .keys_n = 2,
                                             .keys_clause = "art 2",
                                             .subject = f->attributes,
                                             .subject_n = 2,
                                             .validity = {1, 2, 3},
                                             .validity_clause = "art 3",
                                             .key_usage = KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION,
                                             .key_usage_clause = "art 4",
                                             .extended_key_usage = {f->purposes, 2},
                                             .policies = {f->policies, 2},
                                             .crl = {f->crl, 2},
                                             .ocsp = {f->ocsp, 2},
                                             .issuers = {f->issuers, 2},
                                             .extensions_clause = "art 5",
                                             .copy_san = false};
    f->profiles[1] = f->profiles[0];
    f->profiles[1].name = "device";
}

static void make_authorities(struct fixture *f)
{
    f->authorities[0] = (struct policy_authority){.name = "north",
                                                  .title = "North CA",
                                                  .agreement = "north.txt",
                                                  .keys = f->keys,
                                                  .keys_n = 2,
                                                  .services = f->services,
                                                  .services_n = 2,
                                                  .services_clause = "art 6",
                                                  .reasons = f->reasons,
                                                  .reasons_n = 2,
                                                  .renewal = {{0, 1, 0}, true, "art 17", "art 18"},
                                                  .revoke_within = 6,
                                                  .revoke_within_clause = "art 19",
                                                  .ocsp_key = "second",
                                                  .ocsp_period = 7,
                                                  .ocsp_clause = "art 20",
                                                  .seals = {"third", {1, 0, 0}, "art 21", "art 22"},
                                                  .approvals = f->approvals,
                                                  .approvals_n = 2,
                                                  .profiles = f->profiles,
                                                  .profiles_n = 2};
    f->authorities[1] = (struct policy_authority){
        .name = "south", .title = "South CA", .agreement = "south.txt", .services_clause = "art 7"};
}

static void make(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    f->attributes[0] = (struct policy_attribute){"C", "CN", false, 2, POLICY_PRINTABLE, "art 8"};
    f->attributes[1] = (struct policy_attribute){"CN", NULL, true, 64, POLICY_UTF8, "art 9"};
    f->keys[0] = (struct policy_key){.name = "root",
                                     .uri = "pkcs11:object=root",
                                     .kind = KEY_SM2,
                                     .bits = 256,
                                     .alg = SIG_SM2_SM3,
                                     .sm2_null = true,
                                     .subject = f->attributes,
                                     .subjects = 1,
                                     .validity = {20, 0, 0},
                                     .clause = "art 10",
                                     .crl_period = 8,
                                     .crl_delta_period = 4,
                                     .crl_url = "http://a/4",
                                     .crl_clause = "art 23"};
    f->keys[1] = f->keys[0];
    f->keys[1].name = "second";
    f->services[0] = (struct policy_service){.op = "issue", .clause = "art 11"};
    f->services[1] = (struct policy_service){
        .op = "revoke", .clause = "art 12", .by = {true, false, true}, .by_clause = {"art 12", NULL, "art 24"}};
    f->reasons[0] = (struct policy_reason){"lost", POLICY_BY_SUBSCRIBER, 1, "art 25"};
    f->reasons[1] = (struct policy_reason){"fee", POLICY_BY_OPERATOR, 5, "art 26"};
    f->approvals[0] = (struct policy_approval){POLICY_ENTRY, 1, "art 13"};
    f->approvals[1] = (struct policy_approval){POLICY_REVIEW, 1, "art 14"};
    f->subject_keys[0] = (struct policy_subject_key){KEY_SM2, 256, 256};
    f->subject_keys[1] = (struct policy_subject_key){KEY_RSA, 2048, 4096};
    for (size_t i = 0; i < 2; i++) {
        f->purposes[i] = i == 0 ? "1.1" : "1.2";
        f->policies[i] = i == 0 ? "2.1" : "2.2";
        f->crl[i] = i == 0 ? "http://a/1" : "http://b/1";
        f->ocsp[i] = i == 0 ? "http://a/2" : "http://b/2";
        f->issuers[i] = i == 0 ? "http://a/3" : "http://b/3";
    }
    make_profiles(f);
    make_authorities(f);
    f->ras[0] = (struct policy_ra){"ra-1", "north"};
    f->ras[1] = (struct policy_ra){"ra-2", "south"};
    f->persons[0] = (struct policy_person){"p-1", "ra-1", POLICY_ENTRY, {der1, sizeof der1}};
    f->persons[1] = (struct policy_person){"p-2", "ra-1", POLICY_REVIEW, {der2, sizeof der2}};
    f->officers[0] = (struct policy_officer){"o-1", {der1, sizeof der1}};
    f->officers[1] = (struct policy_officer){"o-2", {der2, sizeof der2}};
    f->policy = (struct policy){.name = "test",
                                .token = "pkcs11:token=test",
                                .vendor = POLICY_VENDOR_GENERIC,
                                .log_hash = DIGEST_SM3,
                                .log_key = f->keys[0],
                                .bundle_key = f->keys[0],
                                .limits = {1, 2, 3, 4, 5, "art 15"},
                                .quorum = 2,
                                .quorum_clause = "art 16",
                                .authorities = f->authorities,
                                .authorities_n = 2,
                                .ras = f->ras,
                                .ras_n = 2,
                                .persons = f->persons,
                                .persons_n = 2,
                                .officers = f->officers,
                                .officers_n = 2};
    f->policy.log_key.name = "log";
    f->policy.bundle_key.name = "bundle";
}

static void text_of(const struct policy *p, struct buf *out)
{
    buf_reset(out);
    expect_ok(policy_print(p, out));
    buf_append_byte(out, '\0');
    expect_ok(buf_err(out));
}

START_TEST(look_ups)
{
    struct fixture f;
    make(&f);
    const struct policy *p = &f.policy;
    ck_assert_ptr_eq(policy_authority_find(p, "south"), &f.authorities[1]);
    ck_assert_ptr_null(policy_authority_find(p, "sout"));
    ck_assert_ptr_eq(policy_ra_find(p, "ra-2"), &f.ras[1]);
    ck_assert_ptr_null(policy_ra_find(p, ""));
    ck_assert_ptr_eq(policy_profile_find(&f.authorities[0], "device"), &f.profiles[1]);
    ck_assert_ptr_null(policy_profile_find(&f.authorities[1], "device"));
    ck_assert_ptr_eq(policy_service_find(&f.authorities[0], "revoke"), &f.services[1]);
    ck_assert_ptr_null(policy_service_find(&f.authorities[0], "renew"));
    ck_assert_ptr_eq(policy_reason_find(&f.authorities[0], POLICY_BY_OPERATOR, "fee"), &f.reasons[1]);
    ck_assert_ptr_null(policy_reason_find(&f.authorities[0], POLICY_BY_SUBSCRIBER, "fee"));
    ck_assert_ptr_null(policy_reason_find(&f.authorities[0], POLICY_BY_OPERATOR, "fe"));
    ck_assert_ptr_null(policy_reason_find(&f.authorities[1], POLICY_BY_OPERATOR, "fee"));
    ck_assert_ptr_eq(policy_key_find(p, "second"), &f.keys[1]);
    ck_assert_ptr_eq(policy_key_find(p, "log"), &p->log_key);
    ck_assert_ptr_eq(policy_key_find(p, "bundle"), &p->bundle_key);
    ck_assert_ptr_null(policy_key_find(p, "rootx"));
    ck_assert_ptr_eq(policy_officer_find(p, "o-2"), &f.officers[1]);
    ck_assert_ptr_null(policy_officer_find(p, "p-1"));
    ck_assert_ptr_eq(policy_person_find(p, "p-2"), &f.persons[1]);
    ck_assert_ptr_null(policy_person_find(p, "o-1"));
    ck_assert_ptr_null(policy_person_find(p, ""));
}
END_TEST

START_TEST(keys_by_number)
{
    struct fixture f;
    make(&f);
    const struct policy *p = &f.policy;
    f.authorities[0].keys_n = 0; /* one without keys is passed over */
    f.authorities[1].keys = f.keys;
    f.authorities[1].keys_n = 2;
    ck_assert_ptr_eq(policy_key_at(p, 0), &p->log_key);
    ck_assert_ptr_eq(policy_key_at(p, 1), &p->bundle_key);
    ck_assert_ptr_eq(policy_key_at(p, 2), &f.keys[0]);
    ck_assert_ptr_eq(policy_key_at(p, 3), &f.keys[1]);
    ck_assert_ptr_null(policy_key_at(p, 4));
    ck_assert_ptr_null(policy_key_at(p, SIZE_MAX));
}
END_TEST

START_TEST(keys_that_sign_certificates)
{
    struct fixture f;
    make(&f);
    const struct policy *p = &f.policy;
    ck_assert(!policy_key_is_ca(p, &p->log_key));
    ck_assert(!policy_key_is_ca(p, &p->bundle_key));
    ck_assert(policy_key_is_ca(p, &f.keys[0]));
    ck_assert(!policy_key_is_ca(p, &f.keys[1])); /* answers for OCSP */
    f.authorities[0].ocsp_key = NULL;
    ck_assert(policy_key_is_ca(p, &f.keys[1]));
    f.authorities[0].seals.key = "second";
    ck_assert(!policy_key_is_ca(p, &f.keys[1]));
}
END_TEST

START_TEST(names_go_both_ways)
{
    for (int i = POLICY_ENTRY; i <= POLICY_REVIEW; i++) {
        enum policy_role back = (enum policy_role)(1 - i);
        ck_assert(policy_role_by_name(policy_role_name((enum policy_role)i), &back));
        ck_assert_int_eq((int)back, i);
    }
    for (int i = 0; i < POLICY_BY_COUNT; i++) {
        enum policy_by back = POLICY_BY_COUNT;
        ck_assert(policy_by_by_name(policy_by_name((enum policy_by)i), &back));
        ck_assert_int_eq((int)back, i);
    }
    ck_assert_str_eq(policy_by_name(POLICY_BY_COUNT), "?");
    for (int i = POLICY_PERSON; i <= POLICY_DEVICE; i++) {
        enum policy_kind back = (enum policy_kind)((i + 1) % 3);
        ck_assert(policy_kind_by_name(policy_kind_name((enum policy_kind)i), &back));
        ck_assert_int_eq((int)back, i);
    }
    for (int i = POLICY_VENDOR_GENERIC; i <= POLICY_VENDOR_SOFTHSM_SM2; i++) {
        enum policy_vendor back = (enum policy_vendor)((i + 1) % 7);
        ck_assert(policy_vendor_by_name(policy_vendor_name((enum policy_vendor)i), &back));
        ck_assert_int_eq((int)back, i);
    }
    for (int i = POLICY_UTF8; i <= POLICY_PRINTABLE; i++) {
        enum policy_string back = (enum policy_string)(1 - i);
        ck_assert(policy_string_by_name(policy_string_name((enum policy_string)i), &back));
        ck_assert_int_eq((int)back, i);
    }
    ck_assert_str_eq(policy_vendor_name(POLICY_VENDOR_SOFTHSM_SM2), "softhsm-sm2");
    ck_assert_str_eq(policy_role_name((enum policy_role)99), "?");
    enum policy_role role = POLICY_REVIEW;
    ck_assert(!policy_role_by_name("?", &role));
    ck_assert(!policy_role_by_name("Entry", &role));
    ck_assert_int_eq((int)role, POLICY_REVIEW);
    enum policy_kind kind = POLICY_DEVICE;
    ck_assert(!policy_kind_by_name("", &kind));
    enum policy_vendor vendor = POLICY_VENDOR_IBM;
    ck_assert(!policy_vendor_by_name("softhsm", &vendor));
    enum policy_string string = POLICY_UTF8;
    ck_assert(!policy_string_by_name("UTF8", &string));
}
END_TEST

START_TEST(key_usages)
{
    /* RFC 5280 4.2.1.3, bits 0 to 8, as OpenSSL numbers them. */
    static const char *const order[] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                                        "dataEncipherment", "keyAgreement",   "keyCertSign",
                                        "cRLSign",          "encipherOnly",   "decipherOnly"};
    static const uint32_t bits[] = {0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01, 0x8000};
    for (size_t i = 0; i < 9; i++) {
        ck_assert_uint_eq(policy_usage_by_name(order[i]), bits[i]);
        ck_assert_str_eq(policy_usage_name(bits[i]), order[i]);
    }
    ck_assert_uint_eq(policy_usage_by_name("DigitalSignature"), 0);
    ck_assert_ptr_null(policy_usage_name(0xc0));
    ck_assert_ptr_null(policy_usage_name(0));
}
END_TEST

START_TEST(reason_codes)
{
    /* RFC 5280 5.3.1; those with no name here are not for the end entities of a policy. */
    static const char *const order[] = {"unspecified", "keyCompromise", NULL, "affiliationChanged", "superseded",
                                        "cessationOfOperation", NULL, NULL, NULL, "privilegeWithdrawn", NULL, NULL};
    int code = -1;
    for (int i = 0; i < 12; i++) {
        if (order[i] == NULL) {
            ck_assert_ptr_null(policy_code_name(i));
            continue;
        }
        ck_assert_str_eq(policy_code_name(i), order[i]);
        ck_assert(policy_code_by_name(order[i], &code));
        ck_assert_int_eq(code, i);
    }
    code = -1;
    ck_assert_ptr_null(policy_code_name(-1));
    ck_assert(!policy_code_by_name("certificateHold", &code));
    ck_assert(!policy_code_by_name("KeyCompromise", &code));
    ck_assert_int_eq(code, -1);
}
END_TEST

START_TEST(periods)
{
    static const struct {
        struct policy_period period;
        const char *text;
    } rows[] = {{{1, 0, 0}, "1y"},
                {{0, 18, 0}, "18m"},
                {{0, 0, 90}, "90d"},
                {{1, 6, 2}, "1y6m2d"},
                {{0, 0, 0}, "0d"}};
    char text[40];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        policy_period_format(&rows[i].period, text, sizeof text);
        ck_assert_str_eq(text, rows[i].text);
    }
    policy_period_format(&rows[3].period, text, 4);
    ck_assert_str_eq(text, "1y6");
}
END_TEST

START_TEST(text_is_canonical)
{
    struct fixture f;
    struct buf text = {0};
    make(&f);
    text_of(&f.policy, &text);
    const char *s = (const char *)text.data;
    ck_assert_ptr_eq(
        strstr(s,
               "policy \"test\"\ntoken \"pkcs11:token=test\"\nsm2-vendor generic\nlog-hash sm3\n"),
        s);
    ck_assert_ptr_nonnull(
        strstr(s, "\nlog-key \"log\" uri \"pkcs11:object=root\" kind sm2 bits 256 alg sm2-sm3 "
                  "sm2-null true validity 20y clause \"art 10\"\n"));
    ck_assert_ptr_nonnull(
        strstr(s, "\nlimits batch-bytes 1 batch-requests 2 batch-age 3 plan-lifetime 4 token-timeout 5 "
                  "clause \"art 15\"\nquorum 2 clause \"art 16\"\n"));
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
    struct fixture f;
    struct buf text = {0};
    make(&f);
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
    struct fixture f;
    struct buf text = {0};
    uint8_t digest[DIGEST_LEN], again[DIGEST_LEN];
    make(&f);
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

static void note(struct digests *d, const struct fixture *f, const char *change)
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
        make(&f);                                                                                  \
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
    } while (0)

START_TEST(digest_knows_appliance)
{
    struct fixture f;
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
    struct fixture f;
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
    struct fixture f;
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
    free(d.seen);
}
END_TEST

START_TEST(digest_knows_profile)
{
    struct fixture f;
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
    struct fixture f;
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

Suite *suite_policy(void);

Suite *suite_policy(void)
{
    Suite *s = suite_create("policy");
    TCase *t = tcase_create("policy");
    tcase_add_test(t, look_ups);
    tcase_add_test(t, keys_by_number);
    tcase_add_test(t, keys_that_sign_certificates);
    tcase_add_test(t, names_go_both_ways);
    tcase_add_test(t, key_usages);
    tcase_add_test(t, reason_codes);
    tcase_add_test(t, periods);
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
