#include <check.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "core/clock.h"
#include "expect.h"
#include "help_batch.h"
#include "help_pki.h"
#include "pki/key.h"
#include "pki/lint.h"
#include "pki/name.h"
#include "pki/tbs.h"

Suite *suite_tbs(void);

static struct diag d;

/* -- the same certificate by OpenSSL's X509 API -- */

static void add(X509 *x, int nid, void *value, bool critical)
{
    ck_assert_int_eq(X509_add1_ext_i2d(x, nid, value, critical, X509V3_ADD_APPEND), 1);
}

static void add_conf(X509 *x, int nid, const char *text)
{
    X509V3_CTX ctx;
    CONF *conf = NCONF_new(NULL);
    X509V3_set_ctx(&ctx, NULL, NULL, NULL, NULL, 0);
    X509V3_set_nconf(&ctx, conf);
    X509_EXTENSION *ext = X509V3_EXT_nconf_nid(conf, &ctx, nid, text);
    NCONF_free(conf);
    ck_assert_ptr_nonnull(ext);
    ck_assert_int_eq(X509_add_ext(x, ext, -1), 1);
    X509_EXTENSION_free(ext);
}

static void add_key_ids(X509 *x, const struct tbs_spec *s)
{
    if (s->aki.n > 0) {
        AUTHORITY_KEYID *aki = AUTHORITY_KEYID_new();
        aki->keyid = ASN1_OCTET_STRING_new();
        ASN1_OCTET_STRING_set(aki->keyid, s->aki.p, (int)s->aki.n);
        add(x, NID_authority_key_identifier, aki, false);
        AUTHORITY_KEYID_free(aki);
    }
    if (s->ski.n > 0) {
        ASN1_OCTET_STRING *ski = ASN1_OCTET_STRING_new();
        ASN1_OCTET_STRING_set(ski, s->ski.p, (int)s->ski.n);
        add(x, NID_subject_key_identifier, ski, false);
        ASN1_OCTET_STRING_free(ski);
    }
    if (s->ca)
        add_conf(x, NID_basic_constraints, "critical,CA:TRUE");
}

static void add_usage(X509 *x, uint32_t usage)
{
    /* bit n of the BIT STRING is bit 7 - n of the first byte, then of the second */
    ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
    for (int n = 0; n < 9; n++)
        if (n < 8 ? usage >> (7 - n) & 1 : usage >> 15 & 1)
            ASN1_BIT_STRING_set_bit(bits, n, 1);
    if (usage != 0)
        add(x, NID_key_usage, bits, true);
    ASN1_BIT_STRING_free(bits);
}

static void add_list(X509 *x, int nid, const struct policy_strings *list, const char *each)
{
    char text[512] = "";
    for (size_t i = 0; list != NULL && i < list->n; i++) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%s%s%s", i > 0 ? "," : "", each, list->v[i]);
    }
    if (text[0] != '\0')
        add_conf(x, nid, text);
}

static void add_aia(X509 *x, const struct tbs_spec *s)
{
    char text[512] = "";
    for (size_t i = 0; s->ocsp != NULL && i < s->ocsp->n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), ",OCSP;URI:%s", s->ocsp->v[i]);
    for (size_t i = 0; s->issuers != NULL && i < s->issuers->n; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), ",caIssuers;URI:%s",
                 s->issuers->v[i]);
    if (text[0] != '\0')
        add_conf(x, NID_info_access, text + 1);
}

static void add_san(X509 *x, struct span san)
{
    ASN1_OCTET_STRING *bytes = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(bytes, san.p, (int)san.n);
    X509_EXTENSION *ext = X509_EXTENSION_create_by_NID(NULL, NID_subject_alt_name, 0, bytes);
    if (san.n > 0)
        ck_assert_int_eq(X509_add_ext(x, ext, -1), 1);
    X509_EXTENSION_free(ext);
    ASN1_OCTET_STRING_free(bytes);
}

static void set_name(X509 *x, struct span der, int (*set)(X509 *, const X509_NAME *))
{
    const uint8_t *p = der.p;
    X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)der.n);
    ck_assert_ptr_nonnull(name);
    ck_assert_int_eq(set(x, name), 1);
    X509_NAME_free(name);
}

static void by_openssl(const struct tbs_spec *s, EVP_PKEY *key, struct buf *out)
{
    X509 *x = X509_new();
    uint8_t *der = NULL;
    X509_set_version(x, X509_VERSION_3);
    BIGNUM *serial = BN_bin2bn(s->serial.p, (int)s->serial.n, NULL);
    BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(x));
    BN_free(serial);
    /* the algorithm by NID and parameter type, not by our constant */
    static const int nids[] = {[SIG_SM2_SM3] = NID_SM2_with_SM3,
                               [SIG_RSA_SHA256] = NID_sha256WithRSAEncryption,
                               [SIG_RSA_SHA384] = NID_sha384WithRSAEncryption};
    bool null = s->alg != SIG_SM2_SM3 || s->sm2_null;
    X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)X509_get0_tbs_sigalg(x), OBJ_nid2obj(nids[s->alg]),
                    null ? V_ASN1_NULL : V_ASN1_UNDEF, NULL);
    set_name(x, s->issuer, X509_set_issuer_name);
    set_name(x, s->subject, X509_set_subject_name);
    time_t from = s->not_before, to = s->not_after;
    X509_time_adj_ex(X509_getm_notBefore(x), 0, 0, &from);
    X509_time_adj_ex(X509_getm_notAfter(x), 0, 0, &to);
    ck_assert_int_eq(X509_set_pubkey(x, key), 1);
    add_key_ids(x, s);
    add_usage(x, s->key_usage);
    add_list(x, NID_certificate_policies, s->policies, "");
    add_san(x, s->san);
    add_list(x, NID_ext_key_usage, s->extended_key_usage, "");
    add_list(x, NID_crl_distribution_points, s->crl, "URI:");
    add_aia(x, s);
    int n = i2d_re_X509_tbs(x, &der);
    ck_assert_int_gt(n, 0);
    buf_append(out, der, (size_t)n);
    OPENSSL_free(der);
    X509_free(x);
}

static void compare(const struct tbs_spec *s, EVP_PKEY *key)
{
    struct buf ours = {0}, theirs = {0};
    expect_ok_diag(tbs_build(s, &ours, &d), &d);
    by_openssl(s, key, &theirs);
    ck_assert_uint_eq(ours.len, theirs.len);
    ck_assert_mem_eq(ours.data, theirs.data, theirs.len);
    buf_free(&ours);
    buf_free(&theirs);
}

/* -- what goes in -- */

static const char *const oid_list[] = {"2.999.1.1", "1.2.156.10197.6.1.4", "1.3.6.1.5.5.7.3.1"};
static const char *const url_list[] = {"http://a.example/1", "http://b.example/2?x=y",
                                       "http://c.example/3"};
static struct policy_strings oids, urls;

static struct buf issuer, subject;
static EVP_PKEY *pkey;
static struct key key;

static void set_up(void)
{
    static const struct policy_attribute rules[] = {
        {"C", "CN", false, 2, POLICY_UTF8, ""}, {"CN", "\xe6\xa0\xb9", false, 9, POLICY_UTF8, ""}};
    expect_ok(name_from_rules(rules, 2, &issuer, &d));
    expect_ok(name_from_rules(rules + 1, 1, &subject, &d));
    pkey = help_key(KEY_SM2);
    expect_ok(key_from_pkey(pkey, &key, &d));
    oids = (struct policy_strings){oid_list, 3};
    urls = (struct policy_strings){url_list, 3};
}

static void tear_down(void)
{
    buf_free(&issuer);
    buf_free(&subject);
    key_free(&key);
    EVP_PKEY_free(pkey);
}

static struct tbs_spec spec(void)
{
    return (struct tbs_spec){.serial = {(const uint8_t *)"\x01\x02\x03\x04\x05\x06\x07\x08", 8},
                             .alg = SIG_SM2_SM3,
                             .sm2_null = true,
                             .issuer = buf_span(&issuer),
                             .not_before = WORLD_NOW,
                             .not_after = WORLD_NOW + 86399,
                             .subject = buf_span(&subject),
                             .spki = buf_span(&key.spki)};
}

/* Every combination of what can be left out. */
START_TEST(every_combination_is_what_openssl_builds)
{
    static const uint8_t san[] = "\x30\x0b\x82\x09" "a.example";
    for (unsigned mask = 0; mask < 1u << 10; mask++) {
        struct tbs_spec s = spec();
        if (mask & 1)
            s.aki = (struct span){(const uint8_t *)"issuer", 6};
        if (mask & 2)
            s.ski = (struct span){key.ski, sizeof key.ski};
        if (mask & 4)
            s.ca = true;
        if (mask & 8)
            s.key_usage = KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION;
        if (mask & 16)
            s.policies = &oids;
        if (mask & 32)
            s.san = (struct span){san, sizeof san - 1};
        if (mask & 64)
            s.extended_key_usage = &oids;
        if (mask & 128)
            s.crl = &urls;
        if (mask & 256)
            s.ocsp = &urls;
        if (mask & 512)
            s.issuers = &urls;
        if (mask == 0) /* OpenSSL leaves the whole list out then, and no caller asks for that */
            continue;
        compare(&s, pkey);
    }
}
END_TEST

START_TEST(lists_of_every_length)
{
    for (size_t n = 0; n <= 3; n++) {
        struct tbs_spec s = spec();
        s.ski = (struct span){key.ski, sizeof key.ski};
        oids.n = urls.n = n; /* an empty list is as good as none */
        s.policies = s.extended_key_usage = &oids;
        s.crl = s.ocsp = s.issuers = &urls;
        compare(&s, pkey);
    }
}
END_TEST

START_TEST(every_key_usage)
{
    for (uint32_t bits = 1; bits < 512; bits++) {
        struct tbs_spec s = spec();
        s.key_usage = (bits & 0xff) | (bits & 0x100) << 7;
        compare(&s, pkey);
    }
}
END_TEST

START_TEST(serial_numbers)
{
    static const struct span serials[] = {{(const uint8_t *)"\x01", 1},
                                          {(const uint8_t *)"\x7f", 1},
                                          {(const uint8_t *)"\x80", 1},
                                          {(const uint8_t *)"\x00\x80", 2},
                                          {(const uint8_t *)"\x00\x00\x7f", 3},
                                          {(const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff"
                                                            "\xff\xff\xff\xff\xff\xff\xff\xff",
                                           16}};
    for (size_t i = 0; i < sizeof serials / sizeof serials[0]; i++) {
        struct tbs_spec s = spec();
        s.serial = serials[i];
        s.ca = true;
        compare(&s, pkey);
    }
}
END_TEST

START_TEST(algorithms_and_keys)
{
    static const enum sig_alg algs[] = {SIG_SM2_SM3, SIG_RSA_SHA256, SIG_RSA_SHA384};
    static const enum key_kind kinds[] = {KEY_SM2, KEY_P256, KEY_P384, KEY_RSA};
    for (size_t i = 0; i < 4; i++) {
        EVP_PKEY *k = help_key(kinds[i]);
        struct key of = {0};
        expect_ok(key_from_pkey(k, &of, &d));
        for (int a = 0; a < 6; a++) {
            struct tbs_spec s = spec();
            s.alg = algs[a % 3];
            s.sm2_null = a > 2;
            s.spki = buf_span(&of.spki);
            s.ski = (struct span){of.ski, sizeof of.ski};
            compare(&s, k);
        }
        key_free(&of);
        EVP_PKEY_free(k);
    }
}
END_TEST

static int64_t at(const char *iso)
{
    int64_t t;
    ck_assert_msg(clock_parse(iso, &t), "%s", iso);
    return t;
}

START_TEST(validity_across_2050)
{
    static const char *const times[] = {"2049-12-31T23:59:58Z", "2049-12-31T23:59:59Z",
                                        "2050-01-01T00:00:00Z", "2126-02-28T00:00:00Z"};
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
            struct tbs_spec s = spec();
            s.ca = true;
            s.not_before = at(times[i]);
            s.not_after = at(times[j]);
            compare(&s, pkey);
        }
    }
}
END_TEST

START_TEST(an_oid_that_is_none)
{
    static const char *const bad[] = {"2.999.1", "nonsense"};
    struct policy_strings list = {bad, 2};
    struct buf out = {0};
    struct tbs_spec s = spec();
    s.policies = &list;
    d = (struct diag){0};
    expect_err(tbs_build(&s, &out, &d), E_FIELD_VALUE);
    ck_assert_int_eq(d.code, E_FIELD_VALUE);
    buf_reset(&out);
    s.policies = NULL;
    s.extended_key_usage = &list;
    expect_err(tbs_build(&s, &out, &d), E_FIELD_VALUE);
    buf_free(&out);
}
END_TEST

/* -- the calendar -- */

static void expect_period(const char *from, int years, int months, int days, const char *to)
{
    const struct policy_period p = {years, months, days};
    char text[CLOCK_TEXT];
    clock_format(tbs_add_period(at(from), &p), text);
    ck_assert_msg(strcmp(text, to) == 0, "%s + %dy%dm%dd: %s, want %s", from, years, months, days,
                  text, to);
}

START_TEST(a_period_is_added)
{
    expect_period("2026-03-01T00:00:00Z", 1, 0, 0, "2027-03-01T00:00:00Z");
    expect_period("2024-02-29T12:34:56Z", 1, 0, 0, "2025-02-28T12:34:56Z");
    expect_period("2024-02-29T12:34:56Z", 4, 0, 0, "2028-02-29T12:34:56Z");
    expect_period("2096-02-29T00:00:00Z", 4, 0, 0, "2100-02-28T00:00:00Z");
    expect_period("1996-02-29T00:00:00Z", 4, 0, 0, "2000-02-29T00:00:00Z");
    expect_period("2026-01-31T23:59:59Z", 0, 1, 0, "2026-02-28T23:59:59Z");
    expect_period("2028-01-31T00:00:00Z", 0, 1, 0, "2028-02-29T00:00:00Z");
    expect_period("2026-08-31T00:00:00Z", 0, 18, 0, "2028-02-29T00:00:00Z");
    expect_period("2026-12-31T00:00:00Z", 0, 2, 0, "2027-02-28T00:00:00Z");
    expect_period("2026-12-31T00:00:00Z", 0, 12, 0, "2027-12-31T00:00:00Z");
    expect_period("2026-12-01T00:00:00Z", 0, 1, 0, "2027-01-01T00:00:00Z");
    expect_period("2026-02-28T00:00:00Z", 0, 0, 1, "2026-03-01T00:00:00Z");
    expect_period("2026-01-31T00:00:00Z", 0, 1, 1, "2026-03-01T00:00:00Z");
    expect_period("2024-02-29T00:00:00Z", 1, 6, 90, "2025-11-27T00:00:00Z");
    expect_period("2049-12-31T23:59:59Z", 0, 0, 1, "2050-01-01T23:59:59Z");
    expect_period("2026-06-15T00:00:00Z", 24, 0, 0, "2050-06-15T00:00:00Z");
    expect_period("1970-01-01T00:00:00Z", 100, 0, 0, "2070-01-01T00:00:00Z");
    expect_period("2026-06-15T00:00:00Z", 0, 0, 0, "2026-06-15T00:00:00Z");
}
END_TEST

/* The builder and the lint each have a calendar of their own: over five years of days they agree,
 * and differ from what is one second off. */
START_TEST(both_calendars_agree)
{
    static const struct policy_period periods[] = {{1, 0, 0}, {0, 1, 0}, {0, 18, 10}, {0, 0, 90},
                                                   {3, 11, 0}, {24, 0, 1}};
    struct policy_attribute rules[] = {{"CN", "\xe6\xa0\xb9", false, 9, POLICY_UTF8, ""}};
    for (size_t p = 0; p < sizeof periods / sizeof periods[0]; p++) {
        const struct policy_key row = {.alg = SIG_SM2_SM3, .sm2_null = true, .subject = rules,
                                       .subjects = 1, .validity = periods[p], .clause = "rule"};
        for (int day = 0; day < 5 * 366; day++) {
            struct buf out = {0};
            struct tbs_spec s = spec();
            s.issuer = s.subject;
            s.ski = (struct span){key.ski, sizeof key.ski};
            s.key_usage = KU_DIGITAL_SIGNATURE;
            s.not_before = at("2023-12-31T01:02:03Z") + day * INT64_C(86400);
            s.not_after = tbs_add_period(s.not_before, &periods[p]) - 1;
            expect_ok_diag(tbs_build(&s, &out, &d), &d);
            ck_assert_msg(lint_self_signed(buf_span(&out), &row, false, pkey, &d) == E_OK,
                          "period %zu, day %d: %s", p, day, d.text);
            buf_reset(&out);
            s.not_after += day % 2 == 0 ? 1 : -1;
            ck_assert_int_eq(tbs_build(&s, &out, &d), E_OK);
            ck_assert_int_eq(lint_self_signed(buf_span(&out), &row, false, pkey, &d), E_LINT);
            buf_free(&out);
        }
    }
}
END_TEST

Suite *suite_tbs(void)
{
    Suite *s = suite_create("tbs");
    TCase *t = tcase_create("tbs");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, every_combination_is_what_openssl_builds);
    tcase_add_test(t, lists_of_every_length);
    tcase_add_test(t, every_key_usage);
    tcase_add_test(t, serial_numbers);
    tcase_add_test(t, algorithms_and_keys);
    tcase_add_test(t, validity_across_2050);
    tcase_add_test(t, an_oid_that_is_none);
    tcase_add_test(t, a_period_is_added);
    tcase_add_test(t, both_calendars_agree);
    suite_add_tcase(s, t);
    return s;
}
