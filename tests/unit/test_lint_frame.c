#include <string.h>

#include "expect.h"
#include "help_lint.h"
#include "help_pki.h"
#include "pki/key.h"
#include "suites.h"

/* One thing changed at a time in the parts before the extensions, through OpenSSL. */

LINT_CHANGE(version_1, X509_set_version(x, X509_VERSION_1))
LINT_CHANGE(version_2, X509_set_version(x, X509_VERSION_2))
LINT_CHANGE(serial_zero, lint_set_serial(x, "0"))
LINT_CHANGE(serial_one, lint_set_serial(x, "1"))
LINT_CHANGE(serial_7, lint_set_serial(x, "01020304050607"))
LINT_CHANGE(serial_negative, lint_set_serial(x, "-123456789abcdef0123456789abcde"))
LINT_CHANGE(serial_20_high, lint_set_serial(x, "8100000000000000000000000000000000000000"))
LINT_CHANGE(serial_20, lint_set_serial(x, "1100000000000000000000000000000000000000")) /* fine */
LINT_CHANGE(serial_21, lint_set_serial(x, "110000000000000000000000000000000000000000"))

LINT_CHANGE(alg_ecdsa, lint_set_algorithm(x, NID_ecdsa_with_SHA256, V_ASN1_UNDEF))
LINT_CHANGE(alg_no_null, lint_set_algorithm(x, NID_SM2_with_SM3, V_ASN1_UNDEF))
LINT_CHANGE(alg_sha1, lint_set_algorithm(x, NID_sha1WithRSAEncryption, V_ASN1_NULL))

#define BEFORE X509_getm_notBefore(x)
#define AFTER X509_getm_notAfter(x)
LINT_CHANGE(before_a_second_early, lint_set_time(BEFORE, V_ASN1_UTCTIME, "260228235959Z"))
LINT_CHANGE(before_a_second_late, lint_set_time(BEFORE, V_ASN1_UTCTIME, "260301000001Z"))
LINT_CHANGE(before_the_issuer, lint_set_time(BEFORE, V_ASN1_UTCTIME, "231231235959Z"))
LINT_CHANGE(before_generalized, lint_set_time(BEFORE, V_ASN1_GENERALIZEDTIME, "20260301000000Z"))
LINT_CHANGE(before_without_seconds, lint_set_time(BEFORE, V_ASN1_UTCTIME, "2603010000Z"))
LINT_CHANGE(before_with_zone, lint_set_time(BEFORE, V_ASN1_UTCTIME, "260301080000+0800"))
LINT_CHANGE(before_malformed, lint_set_time(BEFORE, V_ASN1_UTCTIME, "260230000000Z"))
LINT_CHANGE(before_empty, lint_set_time(BEFORE, V_ASN1_UTCTIME, ""))
LINT_CHANGE(after_a_second_late, lint_set_time(AFTER, V_ASN1_UTCTIME, "270301000000Z"))
LINT_CHANGE(after_a_second_early, lint_set_time(AFTER, V_ASN1_UTCTIME, "270228235958Z"))
LINT_CHANGE(after_generalized, lint_set_time(AFTER, V_ASN1_GENERALIZEDTIME, "20270228235959Z"))
LINT_CHANGE(after_with_fraction, lint_set_time(AFTER, V_ASN1_GENERALIZEDTIME, "20270228235959.5Z"))
LINT_CHANGE(after_without_z, lint_set_time(AFTER, V_ASN1_UTCTIME, "270228235959"))
LINT_CHANGE(after_before_before, lint_set_time(AFTER, V_ASN1_UTCTIME, "250228235959Z"))
LINT_CHANGE(after_forever, lint_set_time(AFTER, V_ASN1_GENERALIZEDTIME, "99991231235959Z"))
/* a whole year of validity, too far out for the issuer, which ends with 2033 */
LINT_CHANGE(both_beyond_the_issuer, lint_set_time(BEFORE, V_ASN1_UTCTIME, "330102000000Z");
       lint_set_time(AFTER, V_ASN1_UTCTIME, "340101235959Z"))
LINT_CHANGE(both_before_the_issuer, lint_set_time(BEFORE, V_ASN1_UTCTIME, "231231000000Z");
       lint_set_time(AFTER, V_ASN1_UTCTIME, "241230235959Z"))
LINT_CHANGE(both_moved, lint_set_time(BEFORE, V_ASN1_UTCTIME, "260401000000Z");
       lint_set_time(AFTER, V_ASN1_UTCTIME, "270331235959Z"))

LINT_CHANGE(issuer_other, lint_set_issuer(x, "Other Root", V_ASN1_UTF8STRING))
LINT_CHANGE(issuer_empty, X509_NAME *n = X509_NAME_new(); X509_set_issuer_name(x, n); X509_NAME_free(n))
LINT_CHANGE(issuer_in_another_case, lint_set_issuer(x, "TEST ROOT", V_ASN1_UTF8STRING))
LINT_CHANGE(issuer_in_another_type, lint_set_issuer(x, "Test Root", V_ASN1_PRINTABLESTRING))
LINT_CHANGE(issuer_with_blanks, lint_set_issuer(x, " Test  Root ", V_ASN1_UTF8STRING))

LINT_CHANGE(subject_in_order, LINT_SUBJECT(LINT_C, LINT_ST, LINT_OU, LINT_CN)) /* fine: only the optional one is gone */
LINT_CHANGE(subject_minimal, LINT_SUBJECT(LINT_C, LINT_CN))          /* fine */
LINT_CHANGE(subject_out_of_order, LINT_SUBJECT(LINT_C, LINT_OU, LINT_ST, LINT_CN))
LINT_CHANGE(subject_without_required, LINT_SUBJECT(LINT_C, LINT_ST, LINT_OU))
LINT_CHANGE(subject_without_fixed, LINT_SUBJECT(LINT_ST, LINT_OU, LINT_CN))
LINT_CHANGE(subject_twice, LINT_SUBJECT(LINT_C, LINT_ST, LINT_ST, LINT_CN))
LINT_CHANGE(subject_beyond, LINT_SUBJECT(LINT_C, LINT_CN, LINT_PART("L", V_ASN1_UTF8STRING, "here")))
LINT_CHANGE(subject_beyond_between, LINT_SUBJECT(LINT_C, LINT_PART("L", V_ASN1_UTF8STRING, "here"), LINT_CN))
LINT_CHANGE(subject_other_fixed, LINT_SUBJECT(LINT_PART("C", V_ASN1_PRINTABLESTRING, "US"), LINT_CN))
LINT_CHANGE(subject_type_of_c, LINT_SUBJECT(LINT_PART("C", V_ASN1_UTF8STRING, "CN"), LINT_CN))
LINT_CHANGE(subject_type_of_cn, LINT_SUBJECT(LINT_C, LINT_PART("CN", V_ASN1_PRINTABLESTRING, "Wang Wu")))
LINT_CHANGE(subject_type_of_ou, LINT_SUBJECT(LINT_C, LINT_PART("OU", V_ASN1_UTF8STRING, "Unit 7"), LINT_CN))
LINT_CHANGE(subject_bmp, LINT_SUBJECT(LINT_C, LINT_PART("CN", V_ASN1_BMPSTRING, "ab")))
LINT_CHANGE(subject_turned_around, LINT_SUBJECT(LINT_C, LINT_PART("CN", V_ASN1_UTF8STRING, "a\xe2\x80\xae" "b")))
LINT_CHANGE(subject_no_printable, LINT_SUBJECT(LINT_C, LINT_PART("OU", V_ASN1_PRINTABLESTRING, "a_b"), LINT_CN))
LINT_CHANGE(subject_too_long, LINT_SUBJECT(LINT_C, LINT_PART("CN", V_ASN1_UTF8STRING, "0123456789abc")))
LINT_CHANGE(subject_shared_rdn, LINT_SUBJECT(LINT_C, LINT_CN);
       X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "ST", V_ASN1_UTF8STRING,
                                  (const uint8_t *)"Jiangsu", -1, 1, -1))
LINT_CHANGE(subject_empty, X509_NAME *n = X509_NAME_new(); X509_set_subject_name(x, n);
       X509_NAME_free(n))

static void empty_cn(X509 *x)
{
    X509_NAME *name = X509_get_subject_name(x);
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    X509_NAME_ENTRY *entry = X509_NAME_delete_entry(name, at);
    ASN1_STRING_set(X509_NAME_ENTRY_get_data(entry), "", 0);
    X509_NAME_add_entry(name, entry, at, 0);
    X509_NAME_ENTRY_free(entry);
}

/* A change of key takes its SKI along, so that the rule about keys is what sees it. */
static void set_key(X509 *x, EVP_PKEY *key)
{
    struct key of = {0};
    expect_ok(key_from_pkey(key, &of, &lint_diag));
    X509_set_pubkey(x, key);
    ASN1_OCTET_STRING *ski = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(ski, of.ski, sizeof of.ski);
    ck_assert_int_eq(X509_add1_ext_i2d(x, NID_subject_key_identifier, ski, 0, X509V3_ADD_REPLACE),
                     1);
    ASN1_OCTET_STRING_free(ski);
    key_free(&of);
    EVP_PKEY_free(key);
}

static EVP_PKEY *rsa(size_t bits)
{
    return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
}

LINT_CHANGE(key_p384, set_key(x, help_key(KEY_P384)))
LINT_CHANGE(key_p256, set_key(x, help_key(KEY_P256)))       /* fine for a person */
LINT_CHANGE(key_sm2, set_key(x, help_key(KEY_SM2)))         /* fine for a person */
LINT_CHANGE(key_rsa_2048, set_key(x, rsa(2048)))            /* fine for a person */
LINT_CHANGE(key_rsa_1024, set_key(x, rsa(1024)))
LINT_CHANGE(key_rsa_4096, set_key(x, rsa(4096)))
LINT_CHANGE(key_other_with_old_ski, EVP_PKEY *k = help_key(KEY_SM2); X509_set_pubkey(x, k);
       EVP_PKEY_free(k))

static void key_ed25519(X509 *x)
{
    EVP_PKEY *k = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    X509_set_pubkey(x, k);
    EVP_PKEY_free(k);
}

#define CASE(f) {#f, f, 0, E_LINT}
static const struct lint_change frame[] = {
    CASE(version_1), CASE(version_2), CASE(serial_zero), CASE(serial_one), CASE(serial_7),
    CASE(serial_negative), {"serial_20", serial_20, 0, E_OK}, CASE(serial_20_high), CASE(serial_21), CASE(alg_ecdsa),
    CASE(alg_no_null), CASE(alg_sha1), {"alg_no_null", alg_no_null, 1, E_LINT},
    {"alg_sha1", alg_sha1, 2, E_LINT},
    CASE(before_a_second_early), CASE(before_a_second_late), CASE(before_the_issuer),
    CASE(before_generalized), CASE(before_without_seconds), CASE(before_with_zone),
    CASE(before_malformed), CASE(before_empty), CASE(after_a_second_late),
    CASE(after_a_second_early), CASE(after_generalized), CASE(after_with_fraction),
    CASE(after_without_z), CASE(after_before_before), CASE(after_forever),
    CASE(both_beyond_the_issuer), CASE(both_before_the_issuer), {"both_moved", both_moved, 0, E_OK},
    CASE(issuer_other), CASE(issuer_empty), CASE(issuer_in_another_case),
    CASE(issuer_in_another_type), CASE(issuer_with_blanks),
    {"subject_in_order", subject_in_order, 0, E_OK}, {"subject_minimal", subject_minimal, 0, E_OK},
    CASE(subject_out_of_order), CASE(subject_without_required), CASE(subject_without_fixed),
    CASE(subject_twice), CASE(subject_beyond), CASE(subject_beyond_between),
    CASE(subject_other_fixed), CASE(subject_type_of_c), CASE(subject_type_of_cn),
    CASE(subject_type_of_ou), CASE(subject_bmp), CASE(subject_turned_around), CASE(subject_no_printable),
    CASE(subject_too_long), CASE(subject_shared_rdn),
    CASE(subject_empty), CASE(empty_cn),
    CASE(key_p384), {"key_p256", key_p256, 0, E_OK}, {"key_sm2", key_sm2, 0, E_OK},
    {"key_rsa_2048", key_rsa_2048, 0, E_OK}, CASE(key_rsa_1024), CASE(key_rsa_4096),
    {"key_rsa_2048", key_rsa_2048, 1, E_LINT}, {"key_p256", key_p256, 1, E_LINT},
    {"key_p384", key_p384, 2, E_OK}, {"key_sm2", key_sm2, 2, E_LINT},
    CASE(key_other_with_old_ski), CASE(key_ed25519),
};
#define FRAME ((int)(sizeof frame / sizeof frame[0]))

START_TEST(each_change_of_the_frame)
{
    lint_expect(&frame[_i]);
}
END_TEST

/* A serialNumber is a PrintableString, whatever the profile's strings are (X.520 6.2.9). */
START_TEST(a_serial_number_is_printable)
{
    struct policy_profile *p = &lint_world.profiles[0];
    const struct policy_attribute *before = p->subject;
    struct policy_attribute rules[16];
    struct buf tbs = {0};
    ck_assert_uint_le(p->subject_n, 16);
    for (size_t i = 0; i < p->subject_n; i++) {
        rules[i] = before[i];
        if (strcmp(rules[i].type, "serialNumber") == 0)
            rules[i].string = POLICY_UTF8;
    }
    p->subject = rules;
    lint_build(0, &tbs);
    expect_ok_diag(lint_run(0, buf_span(&tbs)), &lint_diag);
    p->subject = before;
    expect_ok_diag(lint_run(0, buf_span(&tbs)), &lint_diag);
    buf_free(&tbs);
}
END_TEST

Suite *suite_lint_frame(void)
{
    Suite *s = suite_create("lint_frame");
    TCase *t = tcase_create("lint_frame");
    tcase_add_unchecked_fixture(t, lint_set_up, lint_tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, each_change_of_the_frame, 0, FRAME);
    tcase_add_test(t, a_serial_number_is_printable);
    suite_add_tcase(s, t);
    return s;
}
