#include "pki/cert.h"

#include <dirent.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "expect.h"
#include "help_pki.h"
#include "pki/der.h"

Suite *suite_cert(void);

#define VECTOR_CERTS 100

static size_t load_vectors(X509 *certs[VECTOR_CERTS])
{
    char path[300];
    const char *root = getenv("ROOTSEAL_VECTORS");
    snprintf(path, sizeof path, "%s/ca-sm2", root != NULL ? root : "");
    DIR *dir = root != NULL ? opendir(path) : NULL;
    if (dir == NULL) {
        printf("skipped: there are no vectors ca-sm2\n");
        return 0;
    }
    size_t n = 0;
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        char file[600];
        struct diag d = {0};
        if (e->d_name[0] == '.')
            continue;
        snprintf(file, sizeof file, "%s/%s", path, e->d_name);
        ck_assert_uint_lt(n, VECTOR_CERTS);
        expect_ok_diag(cert_load(file, &certs[n], &d), &d);
        n++;
    }
    closedir(dir);
    return n;
}

/* The issuer by name and key identifier, the certificate itself included; NULL when it is not
 * there. */
static X509 *issuer_of(X509 *cert, X509 *const certs[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (X509_check_issued(certs[i], cert) == X509_V_OK)
            return certs[i];
    return NULL;
}

static void flipped_is_refused(X509 *cert, EVP_PKEY *issuer)
{
    struct buf der = {0};
    expect_ok(cert_write_der(cert, &der));
    for (size_t bit = 3; bit < 8 * der.len; bit += 61) {
        X509 *changed;
        der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (cert_parse(buf_span(&der), &changed, NULL) == E_OK) {
            ck_assert_msg(cert_verify(changed, issuer, NULL) == E_CERT_SIGNATURE, "bit %zu", bit);
            X509_free(changed);
        }
        der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    buf_free(&der);
}

START_TEST(production_sm2_certificates_verify)
{
    X509 *certs[VECTOR_CERTS];
    size_t n = load_vectors(certs), verified = 0;
    for (size_t i = 0; i < n; i++) {
        X509 *issuer = issuer_of(certs[i], certs, n);
        if (issuer == NULL)
            continue;
        struct diag d = {0};
        expect_ok_diag(cert_verify(certs[i], X509_get0_pubkey(issuer), &d), &d);
        flipped_is_refused(certs[i], X509_get0_pubkey(issuer));
        verified++;
    }
    if (n > 0) {
        printf("%zu of %zu production certificates have their issuer here, and verify\n", verified,
               n);
        ck_assert_uint_gt(verified, 30);
    }
    for (size_t i = 0; i < n; i++)
        X509_free(certs[i]);
}
END_TEST

START_TEST(every_flip_of_a_certificate_is_refused)
{
    static const enum sig_alg algs[] = {SIG_SM2_SM3, SIG_RSA_SHA256, SIG_PSS_SHA384};
    for (size_t i = 0; i < 3; i++) {
        EVP_PKEY *key = help_key(alg_sig_key(algs[i]));
        X509 *cert = help_cert(key, algs[i], "Root");
        struct buf der = {0};
        expect_ok(cert_write_der(cert, &der));
        expect_ok(cert_verify(cert, key, NULL));
        for (size_t bit = 0; bit < 8 * der.len; bit++) {
            X509 *changed;
            der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            if (cert_parse(buf_span(&der), &changed, NULL) == E_OK) {
                ck_assert_msg(cert_verify(changed, key, NULL) == E_CERT_SIGNATURE, "bit %zu", bit);
                X509_free(changed);
            }
            der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        X509_free(cert);
        EVP_PKEY_free(key);
        buf_free(&der);
    }
    expect_seen(E_CERT_SIGNATURE);
}
END_TEST

/* The outer identifier without NULL, the inner with it: the signature is right, the certificate is
 * not. */
START_TEST(both_identifiers_must_be_equal)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    X509 *cert = help_cert(key, SIG_SM2_SM3, "Root"), *other;
    struct buf der = {0}, mixed = {0}, signature = {0};
    uint8_t *bytes = NULL;
    expect_ok(cert_write_der(cert, &der));
    int n = i2d_re_X509_tbs(cert, &bytes);
    struct span tbs = {bytes, (size_t)n};
    expect_ok(alg_sign(SIG_SM2_SM3, key, tbs, &signature));
    expect_ok(cert_assemble(tbs, SIG_SM2_SM3, false, buf_span(&signature), &mixed));
    expect_ok(cert_parse(buf_span(&mixed), &other, NULL));
    expect_err(cert_verify(other, key, NULL), E_CERT_SIGNATURE);
    OPENSSL_free(bytes);
    X509_free(other);
    X509_free(cert);
    EVP_PKEY_free(key);
    buf_free(&der);
    buf_free(&mixed);
    buf_free(&signature);
}
END_TEST

/* The command line signs with the empty ID unless it is told otherwise. */
START_TEST(another_sm2_id_is_refused)
{
    X509 *cert;
    ck_assert(help_run("openssl genpkey -algorithm SM2 -out k.pem"));
    ck_assert(help_run("openssl req -x509 -new -key k.pem -sm3 -subj /CN=x -out empty.pem"));
    ck_assert(help_run(
        "openssl req -x509 -new -key k.pem -sm3 -sigopt distid:1234567812345678 -subj /CN=x "
        "-out right.pem"));
    expect_ok(cert_load(help_path("right.pem"), &cert, NULL));
    expect_ok(cert_verify(cert, X509_get0_pubkey(cert), NULL));
    X509_free(cert);
    expect_ok(cert_load(help_path("empty.pem"), &cert, NULL));
    expect_err(cert_verify(cert, X509_get0_pubkey(cert), NULL), E_CERT_SIGNATURE);
    X509_free(cert);
}
END_TEST

START_TEST(stock_openssl_accepts_what_is_assembled)
{
    EVP_PKEY *keys[] = {help_key(KEY_SM2), help_key(KEY_RSA)};
    static const enum sig_alg algs[] = {SIG_SM2_SM3, SIG_RSA_SHA256, SIG_RSA_SHA384, SIG_PSS_SHA256,
                                        SIG_PSS_SHA384};
    for (size_t i = 0; i < 5; i++) {
        X509 *cert = help_cert(keys[i > 0], algs[i], "Root");
        if (algs[i] == SIG_SM2_SM3) {
            ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
            ck_assert_int_eq(
                ASN1_OCTET_STRING_set(id, (const uint8_t *)SM2_ID, (int)strlen(SM2_ID)), 1);
            X509_set0_distinguishing_id(cert, id);
        }
        ck_assert_msg(X509_verify(cert, keys[i > 0]) == 1, "%s", alg_sig_name(algs[i]));
        X509_free(cert);
    }
    EVP_PKEY_free(keys[0]);
    EVP_PKEY_free(keys[1]);
}
END_TEST

START_TEST(exactly_one_certificate_is_read)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    X509 *cert = help_cert(key, SIG_SM2_SM3, "Person"), *again;
    struct buf der = {0}, pem = {0}, b = {0};
    uint8_t digest[DIGEST_LEN], want[DIGEST_LEN];
    expect_ok(cert_write_der(cert, &der));
    expect_ok(cert_write_pem(cert, &pem));
    expect_ok(digest_bytes(DIGEST_SHA256, der.data, der.len, want));
    expect_ok(cert_digest(cert, digest));
    ck_assert_mem_eq(digest, want, DIGEST_LEN);

    expect_ok(cert_parse(buf_span(&der), &again, NULL));
    ck_assert_int_eq(X509_cmp(cert, again), 0);
    X509_free(again);
    buf_append_str(&b, "0 is how this comment begins\n");
    buf_append(&b, pem.data, pem.len);
    buf_append_str(&b, "and more behind it\n");
    expect_ok(cert_parse(buf_span(&b), &again, NULL));
    ck_assert_int_eq(X509_cmp(cert, again), 0);
    X509_free(again);

    for (size_t n = 0; n < der.len; n++)
        ck_assert_int_eq(cert_parse((struct span){der.data, n}, &again, NULL), E_CERTIFICATE);
    for (size_t n = 0; n + 2 < pem.len; n++)
        ck_assert_int_eq(cert_parse((struct span){pem.data, n}, &again, NULL), E_CERTIFICATE);
    buf_append_byte(&der, 0);
    expect_err(cert_parse(buf_span(&der), &again, NULL), E_CERTIFICATE);
    ck_assert_ptr_null(again);
    buf_append(&b, pem.data, pem.len);
    expect_err(cert_parse(buf_span(&b), &again, NULL), E_CERTIFICATE);
    buf_reset(&b);
    buf_append(&b, pem.data, pem.len);
    buf_append(&b, pem.data, pem.len - 40);
    expect_err(cert_parse(buf_span(&b), &again, NULL), E_CERTIFICATE);
    X509_free(cert);
    EVP_PKEY_free(key);
    buf_free(&der);
    buf_free(&pem);
    buf_free(&b);
}
END_TEST

/* OpenSSL's reader takes BER, too, and writes some of it in a form that it does not read itself. */
START_TEST(a_certificate_is_der)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    X509 *cert = help_cert(key, SIG_SM2_SM3, "Person"), *again;
    struct buf der = {0}, b = {0};
    expect_ok(cert_write_der(cert, &der));
    ck_assert_int_eq(der.data[1], 0x82);
    buf_append(&b, (const uint8_t[]){DER_SEQUENCE, 0x83, 0}, 3);
    buf_append(&b, der.data + 2, der.len - 2);
    const uint8_t *p = b.data;
    X509 *taken = d2i_X509(NULL, &p, (long)b.len);
    ck_assert_ptr_nonnull(taken);
    expect_err(cert_parse(buf_span(&b), &again, NULL), E_CERTIFICATE);
    ck_assert_ptr_null(again);
    X509_free(taken);
    X509_free(cert);
    EVP_PKEY_free(key);
    buf_free(&der);
    buf_free(&b);
}
END_TEST

START_TEST(files_are_read)
{
    struct diag d = {0};
    X509 *cert;
    expect_err(cert_load(help_path("missing"), &cert, &d), E_IO);
    ck_assert_ptr_nonnull(strstr(d.text, "missing"));
    expect_err(cert_load(help_dir(), &cert, &d), E_IO);
    ck_assert(help_run("head -c %d /dev/zero >large", LIMIT_CERT_BYTES + 1));
    expect_err(cert_load(help_path("large"), &cert, &d), E_CERTIFICATE);
    ck_assert(help_run(": >empty"));
    expect_err(cert_load(help_path("empty"), &cert, &d), E_CERTIFICATE);
    ck_assert_ptr_null(cert);
}
END_TEST

START_TEST(validity_includes_both_ends)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    X509 *cert = help_cert(key, SIG_SM2_SM3, "Person");
    const int64_t from = 1704067200, to = 2019686400; /* 2024-01-01 and 2034-01-01 */
    expect_ok(cert_check_time(cert, from, NULL));
    expect_ok(cert_check_time(cert, to, NULL));
    expect_err(cert_check_time(cert, from - 1, NULL), E_APPROVAL_EXPIRED);
    expect_err(cert_check_time(cert, to + 1, NULL), E_APPROVAL_EXPIRED);
    X509_free(cert);
    EVP_PKEY_free(key);
}
END_TEST

/* A day that does not exist, at either end. */
START_TEST(a_time_that_is_none)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    X509 *cert = help_cert(key, SIG_SM2_SM3, "Person");
    ASN1_TIME *t = _i == 0 ? X509_getm_notBefore(cert) : X509_getm_notAfter(cert);
    struct diag d = {0};
    ck_assert_int_eq(ASN1_STRING_set(t, "260230000000Z", -1), 1);
    expect_err(cert_check_time(cert, 1750000000, &d), E_APPROVAL_EXPIRED);
    ck_assert_ptr_nonnull(strstr(d.text, "cannot be read"));
    X509_free(cert);
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(an_algorithm_that_is_not_known)
{
    X509 *cert;
    struct diag d = {0};
    ck_assert(help_run("openssl req -x509 -newkey ed25519 -nodes -keyout k.pem -subj /CN=x -out c.pem"));
    expect_ok(cert_load(help_path("c.pem"), &cert, NULL));
    expect_err(cert_verify(cert, X509_get0_pubkey(cert), &d), E_CERT_SIGNATURE);
    ck_assert_ptr_nonnull(strstr(d.text, "not known"));
    X509_free(cert);
}
END_TEST

START_TEST(private_keys_must_be_encrypted)
{
    struct diag d = {0};
    EVP_PKEY *key;
    static const char *const makes[] = {
        "openssl genpkey -algorithm SM2 -out k.pem",
        "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out k.pem"};
    for (int i = 0; i < 2; i++) {
        ck_assert(help_run("%s", makes[i]));
        ck_assert(help_run(
            "openssl pkcs8 -topk8 -in k.pem -passout pass:secret -out e.pem && "
            "openssl pkcs8 -topk8 -in k.pem -passout pass:secret -outform DER -out e.der && "
            "openssl pkcs8 -topk8 -nocrypt -in k.pem -outform DER -out k.der"));
        /* The passphrase ends where n says, not at a NUL. */
        expect_ok_diag(cert_load_private_key(help_path("e.pem"), "secretary", 6, &key, &d), &d);
        ck_assert(EVP_PKEY_is_a(key, i == 0 ? "SM2" : "RSA"));
        EVP_PKEY_free(key);
        expect_ok_diag(cert_load_private_key(help_path("e.der"), "secret", 6, &key, &d), &d);
        EVP_PKEY_free(key);
        expect_err(cert_load_private_key(help_path("e.pem"), "Secret", 6, &key, &d), E_PRIVATE_KEY);
        ck_assert_ptr_null(key);
        ck_assert_ptr_null(strstr(d.text, "Secret"));
        expect_err(cert_load_private_key(help_path("e.der"), NULL, 0, &key, &d), E_PRIVATE_KEY);
        expect_err(cert_load_private_key(help_path("k.pem"), "secret", 6, &key, &d), E_PRIVATE_KEY);
        expect_err(cert_load_private_key(help_path("k.der"), "secret", 6, &key, &d), E_PRIVATE_KEY);
        ck_assert(help_run("cat e.pem e.pem >two.pem && cat e.der k.der >two.der"));
        expect_err(cert_load_private_key(help_path("two.pem"), "secret", 6, &key, &d),
                   E_PRIVATE_KEY);
        expect_err(cert_load_private_key(help_path("two.der"), "secret", 6, &key, &d),
                   E_PRIVATE_KEY);
    }
    ck_assert(
        help_run("openssl genrsa -traditional -aes128 -passout pass:secret -out old.pem 2048"));
    expect_err(cert_load_private_key(help_path("old.pem"), "secret", 6, &key, &d), E_PRIVATE_KEY);
    char endless[LIMIT_PIN_BYTES + 1] = {0};
    expect_err(cert_load_private_key(help_path("e.pem"), endless, sizeof endless, &key, &d),
               E_PRIVATE_KEY);
    expect_err(cert_load_private_key(help_path("missing"), "secret", 6, &key, &d), E_IO);
    ck_assert(help_run(": >empty"));
    expect_err(cert_load_private_key(help_path("empty"), "secret", 6, &key, &d), E_PRIVATE_KEY);
}
END_TEST

Suite *suite_cert(void)
{
    Suite *s = suite_create("cert");
    TCase *c = tcase_create("cert");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, NULL, help_clean);
    tcase_add_test(c, production_sm2_certificates_verify);
    tcase_add_test(c, every_flip_of_a_certificate_is_refused);
    tcase_add_test(c, both_identifiers_must_be_equal);
    tcase_add_test(c, another_sm2_id_is_refused);
    tcase_add_test(c, stock_openssl_accepts_what_is_assembled);
    tcase_add_test(c, exactly_one_certificate_is_read);
    tcase_add_test(c, a_certificate_is_der);
    tcase_add_test(c, files_are_read);
    tcase_add_test(c, validity_includes_both_ends);
    tcase_add_loop_test(c, a_time_that_is_none, 0, 2);
    tcase_add_test(c, an_algorithm_that_is_not_known);
    tcase_add_test(c, private_keys_must_be_encrypted);
    suite_add_tcase(s, c);
    return s;
}
