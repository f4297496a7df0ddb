#include <check.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "expect.h"
#include "help_batch.h"
#include "help_pki.h"
#include "pki/show.h"

Suite *suite_show(void);

static struct diag d;

static void set_time(ASN1_TIME *t, int type, const char *text)
{
    ASN1_STRING_set(t, text, -1);
    t->type = type;
}

static X509 *bare(EVP_PKEY *key, const X509_NAME *subject)
{
    X509 *x = X509_new();
    BIGNUM *serial = NULL;
    X509_set_version(x, X509_VERSION_3);
    BN_hex2bn(&serial, "7F0102030405060708090A0B0C0D0E0F10111213");
    BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(x));
    BN_free(serial);
    X509_set_subject_name(x, subject);
    X509_set_issuer_name(x, subject);
    set_time(X509_getm_notBefore(x), V_ASN1_UTCTIME, "260301000000Z");
    set_time(X509_getm_notAfter(x), V_ASN1_GENERALIZEDTIME, "20510228235959Z");
    ck_assert_int_eq(X509_set_pubkey(x, key), 1);
    X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)X509_get0_tbs_sigalg(x), OBJ_nid2obj(NID_SM2_with_SM3),
                    V_ASN1_NULL, NULL);
    return x;
}

static void add(X509 *x, int nid, const char *value)
{
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    ck_assert_ptr_nonnull(ext);
    ck_assert_int_eq(X509_add_ext(x, ext, -1), 1);
    X509_EXTENSION_free(ext);
}

/* By its bytes, as a plan's items are shown. */
static enum err show(X509 *x, struct show *out)
{
    uint8_t *der = NULL;
    int n = i2d_re_X509_tbs(x, &der);
    ck_assert_int_gt(n, 0);
    d = (struct diag){0};
    enum err e = show_tbs((struct span){der, (size_t)n}, out, &d);
    ck_assert_int_eq(d.code, e);
    OPENSSL_free(der);
    return e;
}

START_TEST(everything_is_shown)
{
    static const enum key_kind kinds[] = {KEY_SM2, KEY_P256, KEY_P384, KEY_RSA};
    static const char *const names[] = {"sm2", "p256", "p384", "rsa-2048"};
    struct show s;
    EVP_PKEY *key = help_key(kinds[_i]);
    X509_NAME *name = name_make("C", "CN", "CN", "\xe7\x8e\x8b", NULL);
    X509 *x = bare(key, name);
    add(x, NID_key_usage, "critical,digitalSignature,nonRepudiation,decipherOnly");
    add(x, NID_ext_key_usage, "serverAuth,2.999.1");
    add(x, NID_subject_alt_name, "DNS:www.example.org,IP:192.0.2.1");
    expect_ok_diag(show(x, &s), &d);
    ck_assert_str_eq(s.subject, "C=CN, CN=\\u{738B}");
    ck_assert_str_eq(s.issuer, "C=CN, CN=\\u{738B}");
    ck_assert_str_eq(s.serial, "7f0102030405060708090a0b0c0d0e0f10111213");
    ck_assert_str_eq(s.not_before, "2026-03-01T00:00:00Z");
    ck_assert_str_eq(s.not_after, "2051-02-28T23:59:59Z");
    ck_assert_str_eq(s.key, names[_i]);
    ck_assert_str_eq(s.usage, "digitalSignature,nonRepudiation,decipherOnly,serverAuth,2.999.1");
    ck_assert_str_eq(s.names, "dns:www.example.org, ip:192.0.2.1");
    ck_assert(!s.ca);
    X509_free(x);
    X509_NAME_free(name);
    EVP_PKEY_free(key);
}
END_TEST

static void expect_printable(const char *text, size_t cap)
{
    size_t n = strnlen(text, cap);
    ck_assert_uint_lt(n, cap);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(text[i] >= 0x20 && text[i] <= 0x7e, "byte %02x in %s", (uint8_t)text[i],
                      text);
}

/* Every control and deceiving character, in every text a stranger could fill. */
START_TEST(a_hostile_certificate_is_printable)
{
    struct show s;
    uint8_t all[256];
    char evil[700] = "";
    EVP_PKEY *key = help_key(KEY_SM2);
    X509_NAME *name = name_make("CN", "\x1b[2J\x1b]0;x\x07\r\n\xe2\x80\xae\xef\xbb\xbf", NULL);
    for (int i = 0; i < 256; i++)
        all[i] = (uint8_t)i;
    ASN1_STRING *t61 = ASN1_STRING_type_new(V_ASN1_T61STRING);
    ASN1_STRING_set(t61, all, sizeof all);
    X509_NAME_ENTRY *entry =
        X509_NAME_ENTRY_create_by_txt(NULL, "O", V_ASN1_UTF8STRING, (const uint8_t *)"x", 1);
    ASN1_STRING_copy(X509_NAME_ENTRY_get_data(entry), t61);
    ck_assert_int_eq(X509_NAME_add_entry(name, entry, -1, 0), 1);
    X509_NAME_ENTRY_free(entry);
    ASN1_STRING_free(t61);
    X509 *x = bare(key, name);
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    for (int part = 0; part < 4; part++) {
        GENERAL_NAME *one = GENERAL_NAME_new();
        ASN1_IA5STRING *dns = ASN1_IA5STRING_new();
        ASN1_STRING_set(dns, all + 64 * part, 64);
        GENERAL_NAME_set0_value(one, GEN_DNS, dns);
        sk_GENERAL_NAME_push(names, one);
    }
    ck_assert_int_eq(X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0), 1);
    GENERAL_NAMES_free(names);
    for (int i = 0; i < 30; i++)
        snprintf(evil + strlen(evil), sizeof evil - strlen(evil), "%s2.999.4294967295.%d",
                 i > 0 ? "," : "", i);
    add(x, NID_ext_key_usage, evil);
    expect_ok_diag(show(x, &s), &d);
    expect_printable(s.subject, sizeof s.subject);
    expect_printable(s.issuer, sizeof s.issuer);
    expect_printable(s.serial, sizeof s.serial);
    expect_printable(s.not_before, sizeof s.not_before);
    expect_printable(s.not_after, sizeof s.not_after);
    expect_printable(s.key, sizeof s.key);
    expect_printable(s.usage, sizeof s.usage);
    expect_printable(s.names, sizeof s.names);
    ck_assert_ptr_nonnull(strstr(s.subject, "\\u{1B}[2J\\u{1B}]0;x\\u{7}\\u{D}\\u{A}\\u{202E}"));
    X509_free(x);
    X509_NAME_free(name);
    EVP_PKEY_free(key);
}
END_TEST

/* What does not fit is cut as the names are, with dots: nobody may take the list for complete. */
START_TEST(a_long_usage_is_marked_as_cut)
{
    struct show s;
    EVP_PKEY *key = help_key(KEY_SM2);
    X509_NAME *name = name_make("CN", "a", NULL);
    X509 *x = bare(key, name);
    add(x, NID_key_usage,
        "digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment,keyAgreement,"
        "keyCertSign,cRLSign,encipherOnly,decipherOnly");
    add(x, NID_ext_key_usage, "serverAuth,clientAuth,emailProtection,timeStamping,OCSPSigning,"
                              "anyExtendedKeyUsage");
    expect_ok_diag(show(x, &s), &d);
    size_t n = strlen(s.usage);
    ck_assert_msg(strstr(s.usage, "anyExtendedKeyUsage") != NULL ||
                      strcmp(s.usage + n - 3, "...") == 0,
                  "the usage is shown as %s", s.usage);
    X509_free(x);
    X509_NAME_free(name);
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(a_ca_is_told)
{
    struct show s;
    EVP_PKEY *key = help_key(KEY_SM2);
    X509 *cert = help_cert(key, SIG_SM2_SM3, "Root");
    X509_NAME *name = name_make("CN", "a", NULL);
    X509 *x = bare(key, name);
    add(x, NID_basic_constraints, "critical,CA:TRUE");
    expect_ok_diag(show(x, &s), &d);
    ck_assert(s.ca);
    X509_free(x);
    expect_ok_diag(show_certificate(cert, &s, &d), &d);
    ck_assert(!s.ca);
    ck_assert_str_eq(s.subject, "CN=Root");
    ck_assert_str_eq(s.serial, "1267");
    ck_assert_str_eq(s.usage, "");
    ck_assert_str_eq(s.names, "");
    X509_free(cert);
    X509_NAME_free(name);
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(what_cannot_be_shown)
{
    struct show s;
    EVP_PKEY *key = help_key(KEY_SM2), *other = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    X509_NAME *name = name_make("CN", "a", NULL);
    expect_err(show_tbs((struct span){(const uint8_t *)"\x30\x00", 2}, &s, &d), E_LINT);
    X509 *x = bare(key, name);
    set_time(X509_getm_notAfter(x), V_ASN1_UTCTIME, "261301000000Z");
    expect_err(show(x, &s), E_LINT);
    X509_free(x);
    x = bare(other, name);
    expect_err(show(x, &s), E_KEY_TYPE);
    X509_free(x);
    X509_NAME_free(name);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
}
END_TEST

Suite *suite_show(void)
{
    Suite *s = suite_create("show");
    TCase *t = tcase_create("show");
    tcase_add_loop_test(t, everything_is_shown, 0, 4);
    tcase_add_test(t, a_hostile_certificate_is_printable);
    tcase_add_test(t, a_long_usage_is_marked_as_cut);
    tcase_add_test(t, a_ca_is_told);
    tcase_add_test(t, what_cannot_be_shown);
    suite_add_tcase(s, t);
    return s;
}
