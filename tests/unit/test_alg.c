#include <openssl/x509.h>
#include <string.h>

#include "expect.h"
#include "help_pki.h"
#include "pki/der.h"

Suite *suite_alg(void);

START_TEST(names_go_both_ways)
{
    static const char *const sigs[] = {"sm2-sm3",        "rsa-sha256",     "rsa-sha384",
                                       "rsa-pss-sha256", "rsa-pss-sha384", "ecdsa-sha256",
                                       "ecdsa-sha384"};
    static const char *const keys[] = {"sm2", "p256", "p384", "rsa"};
    enum sig_alg alg;
    enum key_kind kind;
    for (int i = 0; i < SIG_ALG_COUNT; i++) {
        ck_assert_str_eq(alg_sig_name((enum sig_alg)i), sigs[i]);
        ck_assert(alg_sig_by_name(sigs[i], &alg) && alg == (enum sig_alg)i);
    }
    for (int i = 0; i < 4; i++) {
        ck_assert_str_eq(alg_key_name((enum key_kind)i), keys[i]);
        ck_assert(alg_key_by_name(keys[i], &kind) && kind == (enum key_kind)i);
    }
    ck_assert(!alg_sig_by_name("rsa-sha1", &alg) && !alg_sig_by_name("", &alg));
    ck_assert(!alg_key_by_name("dsa", &kind));
    ck_assert_int_eq(alg_sig_key(SIG_SM2_SM3), KEY_SM2);
    ck_assert_int_eq(alg_sig_key(SIG_PSS_SHA384), KEY_RSA);
    ck_assert_int_eq(alg_sig_key(SIG_ECDSA_SHA256), KEY_P256);
    ck_assert_int_eq(alg_sig_key(SIG_ECDSA_SHA384), KEY_P384);
}
END_TEST

START_TEST(identifiers_go_both_ways_and_no_other_bytes_do)
{
    for (int i = 0; i < SIG_ALG_COUNT; i++)
        for (int null = 0; null < 2; null++) {
            struct span id = alg_identifier((enum sig_alg)i, null != 0);
            enum sig_alg alg;
            ck_assert(der_check(id));
            expect_ok(alg_from_identifier(id, &alg));
            ck_assert_int_eq(alg, i);
            uint8_t copy[128];
            for (size_t bit = 0; bit < 8 * id.n; bit++) {
                memcpy(copy, id.p, id.n);
                copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
                enum err e = alg_from_identifier((struct span){copy, id.n}, &alg);
                ck_assert(e == E_CSR_ALGORITHM || alg != (enum sig_alg)i);
            }
            expect_err(alg_from_identifier((struct span){id.p, id.n - 1}, &alg), E_CSR_ALGORITHM);
        }
    ck_assert_uint_eq(alg_identifier(SIG_SM2_SM3, true).n, 14);
    ck_assert_uint_eq(alg_identifier(SIG_SM2_SM3, false).n, 12);
}
END_TEST

/* The signature's AlgorithmIdentifier in a request that the command line made. */
static void check_written_by_openssl(enum sig_alg alg, const char *key, const char *options)
{
    ck_assert(help_run(
        "openssl req -new -newkey %s -nodes -keyout k.pem -subj /CN=x %s -outform DER -out r.der",
        key, options));
    struct buf der = {0};
    help_read("r.der", &der);
    struct span in = buf_span(&der);
    struct der e, id;
    ck_assert(der_take(&in, DER_SEQUENCE, &e) && der_take(&e.body, DER_SEQUENCE, &id) &&
              der_take(&e.body, DER_SEQUENCE, &id));
    ck_assert_msg(der_same(id.whole, alg_identifier(alg, false)), "%s", alg_sig_name(alg));
    buf_free(&der);
}

START_TEST(identifiers_are_those_of_openssl)
{
    check_written_by_openssl(SIG_RSA_SHA256, "rsa:2048", "-sha256");
    check_written_by_openssl(SIG_RSA_SHA384, "rsa:2048", "-sha384");
    check_written_by_openssl(SIG_PSS_SHA256, "rsa:2048",
                             "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32");
    check_written_by_openssl(SIG_PSS_SHA384, "rsa:2048",
                             "-sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:48");
    check_written_by_openssl(SIG_ECDSA_SHA256, "ec -pkeyopt ec_paramgen_curve:P-256", "-sha256");
    check_written_by_openssl(SIG_ECDSA_SHA384, "ec -pkeyopt ec_paramgen_curve:P-384", "-sha384");
    check_written_by_openssl(SIG_SM2_SM3, "sm2", "-sm3 -sigopt distid:1234567812345678");
}
END_TEST

START_TEST(what_is_signed_verifies_and_nothing_else)
{
    static const uint8_t text[] = "the bytes to be signed";
    struct span message = {text, sizeof text};
    EVP_PKEY *keys[4], *others[4];
    for (int k = 0; k < 4; k++) {
        keys[k] = help_key((enum key_kind)k);
        others[k] = help_key((enum key_kind)k);
    }
    for (int i = 0; i < SIG_ALG_COUNT; i++) {
        enum sig_alg alg = (enum sig_alg)i;
        enum key_kind kind = alg_sig_key(alg);
        struct buf s = {0};
        expect_ok(alg_sign(alg, keys[kind], message, &s));
        expect_ok(alg_verify(alg, keys[kind], message, buf_span(&s)));
        expect_err(alg_verify(alg, others[kind], message, buf_span(&s)), E_SIGNATURE_BAD);
        expect_err(alg_verify(alg, keys[kind], (struct span){text, 5}, buf_span(&s)),
                   E_SIGNATURE_BAD);
        expect_err(alg_verify(alg, keys[kind], message, (struct span){s.data, s.len - 1}),
                   E_SIGNATURE_BAD);
        expect_err(alg_verify(alg, keys[kind], message, (struct span){s.data, 0}), E_SIGNATURE_BAD);
        for (int j = 0; j < SIG_ALG_COUNT; j++)
            if (j != i)
                expect_err(alg_verify((enum sig_alg)j, keys[kind], message, buf_span(&s)),
                           E_SIGNATURE_BAD);
        for (int k = 0; k < 4; k++)
            if (k != (int)kind) {
                expect_err(alg_verify(alg, keys[k], message, buf_span(&s)), E_SIGNATURE_BAD);
                struct buf none = {0};
                expect_err(alg_sign(alg, keys[k], message, &none), E_PRIVATE_KEY);
                ck_assert_uint_eq(none.len, 0);
            }
        for (size_t bit = 0; bit < 8 * s.len; bit++) {
            s.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            ck_assert_int_eq(alg_verify(alg, keys[kind], message, buf_span(&s)), E_SIGNATURE_BAD);
            s.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        buf_append_byte(&s, 0);
        expect_err(alg_verify(alg, keys[kind], message, buf_span(&s)), E_SIGNATURE_BAD);
        buf_free(&s);
    }
    for (int k = 0; k < 4; k++) {
        EVP_PKEY_free(keys[k]);
        EVP_PKEY_free(others[k]);
    }
}
END_TEST

/* A salt of another length is another algorithm, whose identifier nobody wrote. */
START_TEST(pss_salt_length_is_fixed)
{
    ck_assert(help_run(
        "openssl genrsa -out k.pem 2048 && openssl rsa -in k.pem -pubout -outform DER -out p.der"));
    ck_assert(help_run("printf message >m"));
    struct buf pub = {0}, s = {0};
    help_read("p.der", &pub);
    const uint8_t *p = pub.data;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &p, (long)pub.len);
    for (int salt = 20; salt <= 48; salt += 2) {
        ck_assert(help_run("openssl dgst -sha256 -sign k.pem -sigopt rsa_padding_mode:pss "
                           "-sigopt rsa_pss_saltlen:%d -out s m",
                           salt));
        help_read("s", &s);
        expect_err(alg_verify(SIG_PSS_SHA256, key, (struct span){(const uint8_t *)"message", 7},
                              buf_span(&s)),
                   salt == 32 ? E_OK : E_SIGNATURE_BAD);
        buf_reset(&s);
    }
    EVP_PKEY_free(key);
    buf_free(&pub);
    buf_free(&s);
}
END_TEST

Suite *suite_alg(void)
{
    Suite *s = suite_create("alg");
    TCase *c = tcase_create("alg");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, NULL, help_clean);
    tcase_add_test(c, names_go_both_ways);
    tcase_add_test(c, identifiers_go_both_ways_and_no_other_bytes_do);
    tcase_add_test(c, identifiers_are_those_of_openssl);
    tcase_add_test(c, what_is_signed_verifies_and_nothing_else);
    tcase_add_test(c, pss_salt_length_is_fixed);
    suite_add_tcase(s, c);
    return s;
}
