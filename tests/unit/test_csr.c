#include "pki/csr.h"

#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "core/limits.h"
#include "expect.h"
#include "help_pki.h"
#include "pki/der.h"

Suite *suite_csr(void);

/* The code that the bytes get; what was read is freed. */
static enum err parse(struct span der)
{
    struct csr csr;
    struct diag d = {0};
    enum err e = csr_parse(der, &csr, &d);
    ck_assert_int_eq(d.code, e);
    if (e == E_OK)
        csr_free(&csr);
    ck_assert_ptr_null(csr.subject);
    return e;
}

static void every_flip_and_truncation(const struct buf *good)
{
    struct buf der = {0};
    buf_append(&der, good->data, good->len);
    expect_ok(parse(buf_span(&der)));
    for (size_t bit = 0; bit < 8 * der.len; bit++) {
        der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_msg(parse(buf_span(&der)) != E_OK, "bit %zu", bit);
        der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t n = 0; n < der.len; n++)
        ck_assert_msg(parse((struct span){der.data, n}) == E_CSR_FORMAT, "%zu bytes", n);
    buf_append_byte(&der, 0);
    expect_err(parse(buf_span(&der)), E_CSR_TRAILING);
    buf_free(&der);
}

START_TEST(no_changed_request_is_accepted)
{
    enum sig_alg alg = (enum sig_alg)_i;
    EVP_PKEY *key = help_key(alg_sig_key(alg));
    STACK_OF(X509_EXTENSION) *ext = NULL;
    struct buf der = {0};
    help_extension(&ext, NID_subject_alt_name, "DNS:device.example.cn");
    help_csr(key, alg, ext, &der);
    every_flip_and_truncation(&der);
    sk_X509_EXTENSION_pop_free(ext, X509_EXTENSION_free);
    EVP_PKEY_free(key);
    buf_free(&der);
}
END_TEST

START_TEST(requests_of_the_command_line)
{
    static const struct {
        const char *key, *options;
        enum key_kind kind;
        int bits;
        enum sig_alg alg;
        enum err want;
    } rows[] = {
        {"rsa:2048", "-sha256", KEY_RSA, 2048, SIG_RSA_SHA256, E_OK},
        {"rsa:3072", "-sha384 -addext subjectAltName=DNS:a.cn", KEY_RSA, 3072, SIG_RSA_SHA384,
         E_OK},
        {"rsa:2048", "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32", KEY_RSA,
         2048, SIG_PSS_SHA256, E_OK},
        {"ec -pkeyopt ec_paramgen_curve:P-256", "-sha256", KEY_P256, 256, SIG_ECDSA_SHA256, E_OK},
        {"ec -pkeyopt ec_paramgen_curve:P-384", "-sha384", KEY_P384, 384, SIG_ECDSA_SHA384, E_OK},
        {"sm2", "-sm3 -sigopt distid:1234567812345678", KEY_SM2, 256, SIG_SM2_SM3, E_OK},
        /* OpenSSL's own default is the empty ID */
        {"sm2", "-sm3", KEY_SM2, 256, SIG_SM2_SM3, E_CSR_SIGNATURE},
        {"sm2", "-sm3 -sigopt distid:8765432187654321", KEY_SM2, 256, SIG_SM2_SM3, E_CSR_SIGNATURE},
        {"rsa:2048", "-sha1", KEY_RSA, 2048, SIG_RSA_SHA256, E_CSR_ALGORITHM},
        {"rsa:2048", "-sha512", KEY_RSA, 2048, SIG_RSA_SHA256, E_CSR_ALGORITHM},
        {"rsa:2048", "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:20", KEY_RSA,
         2048, SIG_PSS_SHA256, E_CSR_ALGORITHM},
        {"ec -pkeyopt ec_paramgen_curve:P-256", "-sha384", KEY_P256, 256, SIG_ECDSA_SHA384,
         E_CSR_ALGORITHM},
        {"ec -pkeyopt ec_paramgen_curve:P-521", "-sha384", KEY_P384, 521, SIG_ECDSA_SHA384,
         E_KEY_TYPE},
        {"ed25519", "", KEY_P256, 256, SIG_ECDSA_SHA256, E_CSR_ALGORITHM},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf der = {0};
        struct csr csr;
        struct diag d = {0};
        ck_assert_msg(help_run("openssl req -new -newkey %s -nodes -keyout k.pem -subj "
                               "/C=CN/O=org/CN=x %s -outform DER "
                               "-out r.der",
                               rows[i].key, rows[i].options),
                      "%s", rows[i].options);
        help_read("r.der", &der);
        enum err e = csr_parse(buf_span(&der), &csr, &d);
        ck_assert_msg(e == rows[i].want, "%s %s: %s %s", rows[i].key, rows[i].options, err_name(e),
                      d.text);
        expect_seen(e);
        if (e == E_OK) {
            char subject[100];
            ck_assert_int_eq(csr.key.kind, rows[i].kind);
            ck_assert_int_eq(csr.key.bits, rows[i].bits);
            ck_assert_int_eq(csr.alg, rows[i].alg);
            ck_assert_int_eq(csr.extensions != NULL, strstr(rows[i].options, "addext") != NULL);
            X509_NAME_oneline(csr_subject(&csr), subject, sizeof subject);
            ck_assert_str_eq(subject, "/C=CN/O=org/CN=x");
        }
        csr_free(&csr);
        buf_free(&der);
    }
}
END_TEST

START_TEST(vectors_get_their_codes)
{
    static const struct {
        const char *file;
        enum err parse, strength;
    } rows[] = {
        {"csr/tongsuo-sm2-csr.pem", E_OK, E_OK},
        {"csr/tongsuo-sm2-noza-csr.pem", E_CSR_SIGNATURE, E_OK},
        {"csr/badkeys-rsa-fermat.csr", E_OK, E_KEY_FERMAT},
        /* A sample of the ROCA tool whose key is sound: ten primes are outside the group. */
        {"csr/roca-csr03.pem", E_OK, E_OK},
        {"csr/badkeys-invalidver.csr", E_CSR_VERSION, E_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf file = {0}, der = {0};
        struct csr csr;
        struct diag d = {0};
        if (!help_vector(rows[i].file, &file))
            return;
        help_pem(&file, &der);
        enum err e = csr_parse(buf_span(&der), &csr, &d);
        ck_assert_msg(e == rows[i].parse, "%s: %s %s", rows[i].file, err_name(e), d.text);
        expect_seen(e);
        if (e == E_OK)
            expect_err(key_check_strength(&csr.key, &d), rows[i].strength);
        csr_free(&csr);
        buf_free(&file);
        buf_free(&der);
    }
}
END_TEST

/* Parse a request that asks for these extensions. */
static enum err asks(int nid, const char *value, int nid2, const char *value2)
{
    EVP_PKEY *key = help_key(KEY_P256);
    STACK_OF(X509_EXTENSION) *ext = NULL;
    struct buf der = {0};
    help_extension(&ext, nid, value);
    if (value2 != NULL)
        help_extension(&ext, nid2, value2);
    help_csr(key, SIG_ECDSA_SHA256, ext, &der);
    enum err e = parse(buf_span(&der));
    sk_X509_EXTENSION_pop_free(ext, X509_EXTENSION_free);
    EVP_PKEY_free(key);
    buf_free(&der);
    return e;
}

/* That of a CA may ask to be one; nothing else is different. */
START_TEST(request_of_a_ca)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    STACK_OF(X509_EXTENSION) *ext = NULL;
    struct buf der = {0};
    struct csr csr;
    struct diag d = {0};
    help_extension(&ext, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    help_csr(key, SIG_SM2_SM3, ext, &der);
    expect_err(csr_parse(buf_span(&der), &csr, &d), E_CSR_ASKS_CA);
    expect_ok_diag(csr_parse_ca(buf_span(&der), &csr, &d), &d);
    csr_free(&csr);
    der.data[der.len - 1] ^= 1;
    expect_err(csr_parse_ca(buf_span(&der), &csr, &d), E_CSR_SIGNATURE);
    sk_X509_EXTENSION_pop_free(ext, X509_EXTENSION_free);
    EVP_PKEY_free(key);
    buf_free(&der);
}
END_TEST

START_TEST(requested_extensions)
{
    int unknown = OBJ_create("1.2.156.10260.4.1.99", "unknown", "unknown");
    expect_ok(asks(NID_subject_alt_name, "DNS:a.cn", NID_key_usage, "critical,digitalSignature"));
    expect_ok(asks(NID_basic_constraints, "CA:FALSE", 0, NULL));
    expect_ok(asks(unknown, "DER:0403010203", 0, NULL));
    expect_ok(asks(NID_ct_precert_scts, "DER:04020000", NID_ct_precert_poison, "DER:0500")); /* RFC 6962 3.3, 3.1 */
    expect_err(asks(NID_ct_precert_scts, "DER:0500", 0, NULL), E_CSR_EXTENSION);
    expect_err(asks(NID_basic_constraints, "CA:TRUE", 0, NULL), E_CSR_ASKS_CA);
    expect_err(asks(NID_basic_constraints, "critical,CA:TRUE,pathlen:0", 0, NULL), E_CSR_ASKS_CA);
    expect_err(asks(NID_subject_alt_name, "DNS:a.cn", NID_basic_constraints, "CA:TRUE"),
               E_CSR_ASKS_CA);
    expect_err(asks(NID_subject_alt_name, "DNS:a.cn", NID_subject_alt_name, "DNS:b.cn"),
               E_CSR_EXTENSION);
    expect_err(asks(unknown, "DER:0500", unknown, "DER:0500"), E_CSR_EXTENSION);
    expect_err(asks(NID_key_usage, "DER:0500", 0, NULL), E_CSR_EXTENSION);
    expect_err(asks(NID_key_usage,
                    "DER:03020780"
                    "00",
                    0, NULL),
               E_CSR_EXTENSION);
    expect_err(asks(NID_basic_constraints, "DER:3003010101", 0, NULL),
               E_CSR_EXTENSION); /* TRUE is FF in DER */
    expect_err(asks(unknown, "DER:04", 0, NULL), E_CSR_EXTENSION);
}
END_TEST

/* A request around these attributes (contents of [0]; NULL leaves the field out), rightly signed.
 */
static enum err with_attributes(const char *hex, uint8_t version)
{
    EVP_PKEY *key = help_key(KEY_P256);
    uint8_t *spki = NULL;
    int n = i2d_PUBKEY(key, &spki);
    struct buf body = {0}, info = {0}, attributes = {0}, der = {0};
    der_put_unsigned(&body, (struct span){&version, 1});
    der_put_header(&body, DER_SEQUENCE, 0);
    buf_append(&body, spki, (size_t)n);
    if (hex != NULL) {
        help_hex(hex, &attributes);
        der_put(&body, DER_CONSTRUCTED + 0, buf_span(&attributes));
    }
    der_put(&info, DER_SEQUENCE, buf_span(&body));
    help_assemble(&info, SIG_ECDSA_SHA256, key, &der);
    enum err e = parse(buf_span(&der));
    buf_free(&body);
    buf_free(&info);
    buf_free(&attributes);
    buf_free(&der);
    OPENSSL_free(spki);
    EVP_PKEY_free(key);
    return e;
}

#define EXT_REQ "06092a864886f70d01090e"
#define MS_EXT_REQ                                                                                 \
    "060a2b060104018237020"                                                                        \
    "10e"
#define EXTENSIONS "300d300b0603551d0f040403020780"
#define CHALLENGE "301306092a864886f70d010907310613046a6f6b65"

START_TEST(attributes)
{
    expect_ok(with_attributes("", 0));
    expect_ok(with_attributes(NULL, 0)); /* as some software writes it */
    expect_ok(with_attributes(CHALLENGE, 0));
    expect_ok(with_attributes("301c" EXT_REQ "310f" EXTENSIONS, 0));
    expect_ok(with_attributes("301d" MS_EXT_REQ "310f" EXTENSIONS, 0));
    expect_ok(with_attributes("300f" EXT_REQ "31023000", 0)); /* asks for nothing */
    expect_err(with_attributes("", 1), E_CSR_VERSION);
    expect_err(
        with_attributes("301c" EXT_REQ "310f" EXTENSIONS "301d" MS_EXT_REQ "310f" EXTENSIONS, 0),
        E_CSR_EXTENSION);
    expect_err(with_attributes("300d" EXT_REQ "3100", 0), E_CSR_EXTENSION);
    expect_err(with_attributes("302b" EXT_REQ "311e" EXTENSIONS EXTENSIONS, 0), E_CSR_EXTENSION);
    expect_err(with_attributes("300f" EXT_REQ "31020500", 0), E_CSR_EXTENSION);
    expect_err(with_attributes("3012" EXT_REQ "310530030c0161", 0), E_CSR_EXTENSION);
    expect_err(with_attributes("301d" EXT_REQ "311030810d300b0603551d0f040403020780", 0),
               E_CSR_FORMAT);
    /* BOOLEAN TRUE written as 01 */
    expect_err(with_attributes("301f" EXT_REQ "31123010300e0603551d0f010101040403020780", 0),
               E_CSR_FORMAT);
}
END_TEST

START_TEST(algorithm_must_fit_the_key)
{
    static const enum sig_alg other[] = {SIG_ECDSA_SHA384, SIG_SM2_SM3, SIG_RSA_SHA256};
    EVP_PKEY *key = help_key(KEY_P256);
    struct buf good = {0}, bad = {0};
    help_csr(key, SIG_ECDSA_SHA256, NULL, &good);
    struct span in = buf_span(&good);
    struct der all, info, alg, bits;
    ck_assert(der_take(&in, DER_SEQUENCE, &all) && der_next(&all.body, &info) &&
              der_next(&all.body, &alg) && der_next(&all.body, &bits));
    for (size_t i = 0; i < 3; i++) {
        struct span id = alg_identifier(other[i], true);
        buf_reset(&bad);
        der_put_header(&bad, DER_SEQUENCE, info.whole.n + id.n + bits.whole.n);
        buf_append(&bad, info.whole.p, info.whole.n);
        buf_append(&bad, id.p, id.n);
        buf_append(&bad, bits.whole.p, bits.whole.n);
        expect_err(parse(buf_span(&bad)), E_CSR_ALGORITHM);
    }
    EVP_PKEY_free(key);
    buf_free(&good);
    buf_free(&bad);
}
END_TEST

START_TEST(size_is_limited)
{
    struct buf big = {0};
    for (size_t i = 0; i <= LIMIT_CSR_BYTES; i++)
        buf_append_byte(&big, 0x30);
    expect_err(parse(buf_span(&big)), E_CSR_FORMAT);
    /* Sequences inside sequences, down to the bottom of the allowed size. */
    struct buf deep = {0};
    for (size_t n = 0; n < 5000; n++) {
        struct buf next = {0};
        der_put(&next, DER_SEQUENCE, buf_span(&deep));
        buf_free(&deep);
        deep = next;
    }
    expect_err(parse(buf_span(&deep)), E_CSR_FORMAT);
    buf_free(&big);
    buf_free(&deep);
}
END_TEST

Suite *suite_csr(void)
{
    Suite *s = suite_create("csr");
    TCase *c = tcase_create("csr");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, NULL, help_clean);
    tcase_add_loop_test(c, no_changed_request_is_accepted, 0, SIG_ALG_COUNT);
    tcase_add_test(c, requests_of_the_command_line);
    tcase_add_test(c, vectors_get_their_codes);
    tcase_add_test(c, requested_extensions);
    tcase_add_test(c, request_of_a_ca);
    tcase_add_test(c, attributes);
    tcase_add_test(c, algorithm_must_fit_the_key);
    tcase_add_test(c, size_is_limited);
    suite_add_tcase(s, c);
    return s;
}
