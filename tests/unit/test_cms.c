#include "pki/cms.h"

#include <openssl/cms.h>
#include <openssl/pem.h>
#include <string.h>
#include <unistd.h>

#include "core/limits.h"
#include "expect.h"
#include "help_pki.h"
#include "pki/cert.h"

Suite *suite_cms(void);

#define SIGNING_TIME 1750000000
static const struct span batch = {(const uint8_t *)"{\"format\":1}\n{\"id\":\"r1\"}\n", 26};

static void every_flip_and_truncation(const struct buf *good, X509 *cert)
{
    struct buf der = {0};
    buf_append(&der, good->data, good->len);
    expect_ok(help_accept(buf_span(&der), cert, batch));
    for (size_t bit = 0; bit < 8 * der.len; bit++) {
        der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_msg(help_accept(buf_span(&der), cert, batch) != E_OK, "bit %zu", bit);
        der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t n = 0; n < der.len; n++)
        ck_assert_msg(help_accept((struct span){der.data, n}, cert, batch) == E_APPROVAL_FORMAT,
                      "%zu bytes", n);
    buf_append_byte(&der, 0);
    expect_err(help_accept(buf_span(&der), cert, batch), E_APPROVAL_FORMAT);
    buf_free(&der);
}

static const struct {
    enum sig_alg alg;
    enum cms_form form;
} persons[] = {{SIG_SM2_SM3, CMS_RFC5652}, {SIG_RSA_SHA256, CMS_RFC5652}, {SIG_SM2_SM3, CMS_GMT0010}};

static enum err sign_in_form(enum cms_form form, X509 *cert, EVP_PKEY *key, struct buf *out, struct diag *d)
{
    const struct cms_signer signer = cms_signer_in_memory(key, form);
    return form == CMS_RFC5652 ? cms_sign(cert, key, batch, SIGNING_TIME, out, d)
                               : cms_sign_with(cert, &signer, batch, SIGNING_TIME, out, d);
}

START_TEST(persons_sign)
{
    enum sig_alg alg = persons[_i].alg;
    enum cms_form form = persons[_i].form;
    EVP_PKEY *key = help_key(alg_sig_key(alg)), *other_key = help_key(alg_sig_key(alg));
    X509 *cert = help_cert(key, alg, "Reviewer"), *other = help_cert(other_key, alg, "Another");
    X509 *twin = help_cert(other_key, alg, "Reviewer");
    struct buf der = {0}, none = {0};
    struct cms *cms;
    struct diag d = {0};
    expect_ok_diag(sign_in_form(form, cert, key, &der, &d), &d);
    expect_err(cms_parse(buf_span(&der), &cms, &d), form == CMS_RFC5652 ? E_OK : E_APPROVAL_FORMAT);
    cms_free(cms);
    expect_ok(cms_parse_person(buf_span(&der), &cms, &d));
    ck_assert(cms_is_by(cms, cert));
    ck_assert(!cms_is_by(cms, other));
    expect_ok(cms_verify(cms, cert, batch, &d));
    expect_err(cms_verify(cms, other, batch, &d), E_APPROVAL_SIGNATURE);
    /* issuer and serial alike, but another key */
    ck_assert(cms_is_by(cms, twin));
    expect_err(cms_verify(cms, twin, batch, &d), E_APPROVAL_SIGNATURE);
    expect_err(cms_verify(cms, cert, (struct span){batch.p, batch.n - 1}, &d),
               E_APPROVAL_SIGNATURE);
    expect_err(cms_verify(cms, cert, (struct span){0}, &d), E_APPROVAL_SIGNATURE);
    every_flip_and_truncation(&der, cert);
    expect_err(sign_in_form(form, cert, other_key, &none, &d), E_PRIVATE_KEY);
    if (alg != SIG_SM2_SM3)
        expect_err(sign_in_form(CMS_GMT0010, cert, key, &none, &d), E_KEY_TYPE);
    ck_assert_uint_eq(none.len, 0);
    cms_free(cms);
    X509_free(cert);
    X509_free(other);
    X509_free(twin);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other_key);
    buf_free(&der);
}
END_TEST

START_TEST(other_keys_do_not_sign)
{
    EVP_PKEY *key = help_key(KEY_P256);
    X509 *cert = help_cert(key, SIG_ECDSA_SHA256, "Reviewer");
    struct buf der = {0}, signature = {0};
    expect_err(cms_sign(cert, key, batch, SIGNING_TIME, &der, NULL), E_PRIVATE_KEY);
    expect_ok(alg_sign(SIG_ECDSA_SHA256, key, batch, &signature));
    expect_err(cms_wrap(cert, SIG_ECDSA_SHA256, buf_span(&signature), &der, NULL), E_KEY_TYPE);
    ck_assert_uint_eq(der.len, 0);
    X509_free(cert);
    EVP_PKEY_free(key);
    buf_free(&signature);
}
END_TEST

static void verify_with_stock_openssl(const struct buf *der, X509 *cert)
{
    help_write("s.p7s", buf_span(der));
    help_write("content", batch);
    help_write_cert("c.pem", cert);
    ck_assert(help_run(
        "openssl cms -verify -binary -inform DER -in s.p7s -content content -noverify -out back && "
        "cmp back content"));
    ck_assert(
        help_run("openssl cms -verify -binary -inform DER -in s.p7s -content content -CAfile c.pem "
                 "-purpose any -out back"));
    ck_assert(help_run("printf x >>content && ! openssl cms -verify -binary -inform DER -in s.p7s "
                       "-content content "
                       "-noverify -out back"));
}

START_TEST(stock_openssl_accepts_what_rsa_persons_sign)
{
    EVP_PKEY *key = help_key(KEY_RSA);
    X509 *cert = help_cert(key, SIG_RSA_SHA256, "Reviewer");
    /* before and after the year 2050, where the form of the time changes */
    static const int64_t times[] = {SIGNING_TIME, 2524607999, 2524608000};
    for (size_t i = 0; i < 3; i++) {
        struct buf der = {0};
        expect_ok(cms_sign(cert, key, batch, times[i], &der, NULL));
        expect_ok(help_accept(buf_span(&der), cert, batch));
        verify_with_stock_openssl(&der, cert);
        buf_free(&der);
    }
    X509_free(cert);
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(signatures_made_elsewhere_are_wrapped)
{
    static const enum sig_alg algs[] = {SIG_SM2_SM3, SIG_RSA_SHA256, SIG_RSA_SHA384, SIG_PSS_SHA256,
                                        SIG_PSS_SHA384};
    enum sig_alg alg = algs[_i];
    EVP_PKEY *key = help_key(alg_sig_key(alg));
    X509 *cert = help_cert(key, alg, "Bundle");
    struct buf signature = {0}, der = {0};
    expect_ok(alg_sign(alg, key, batch, &signature));
    expect_ok(cms_wrap(cert, alg, buf_span(&signature), &der, NULL));
    every_flip_and_truncation(&der, cert);
    if (alg != SIG_SM2_SM3)
        verify_with_stock_openssl(&der, cert);
    X509_free(cert);
    EVP_PKEY_free(key);
    buf_free(&signature);
    buf_free(&der);
}
END_TEST

/* OpenSSL has no way to give the ID to a verification in advance: the SignerInfo's context exists
 * only once a first try has failed. */
static int verify_sm2_with_openssl(const struct buf *der, X509 *cert, const char *id)
{
    const uint8_t *p = der->data;
    CMS_ContentInfo *ci = d2i_CMS_ContentInfo(NULL, &p, (long)der->len);
    ck_assert_ptr_nonnull(ci);
    CMS_SignerInfo *si = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(ci), 0);
    ck_assert_int_eq(CMS_set1_signers_certs(ci, NULL, 0), 1);
    CMS_SignerInfo_verify(si);
    EVP_MD_CTX *md = CMS_SignerInfo_get0_md_ctx(si);
    EVP_MD_CTX_reset(md);
    EVP_PKEY_CTX *key = EVP_PKEY_CTX_new(X509_get0_pubkey(cert), NULL);
    ck_assert_int_eq(EVP_PKEY_CTX_set1_id(key, id, (int)strlen(id)), 1);
    EVP_MD_CTX_set_pkey_ctx(md, key);
    int ok = CMS_SignerInfo_verify(si);
    CMS_ContentInfo_free(ci); /* and with it the context, which the SignerInfo took */
    return ok;
}

START_TEST(openssl_accepts_what_sm2_persons_sign)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    X509 *cert = help_cert(key, SIG_SM2_SM3, "Reviewer");
    struct buf der = {0};
    expect_ok(cms_sign(cert, key, batch, SIGNING_TIME, &der, NULL));
    ck_assert_int_eq(verify_sm2_with_openssl(&der, cert, SM2_ID), 1);
    ck_assert_int_ne(verify_sm2_with_openssl(&der, cert, "8765432187654321"), 1);
    X509_free(cert);
    EVP_PKEY_free(key);
    buf_free(&der);
}
END_TEST

START_TEST(what_the_command_line_signs)
{
    static const struct {
        const char *options;
        enum err want;
    } rows[] = {
        {"-outform DER", E_OK},
        {"-outform PEM", E_OK},
        {"-outform DER -noattr", E_OK},
        {"-outform DER -md sha256", E_OK},
        {"-outform DER -md sha384", E_OK},
        {"-outform DER -md sha512", E_OK},
        {"-outform DER -md sha512 -noattr", E_OK},
        {"-outform DER -keyid", E_OK},
        {"-outform DER -nocerts", E_OK},
        {"-outform DER -nocerts -nosmimecap", E_OK},
        {"-outform DER -certfile other.pem", E_OK},
        {"-outform DER -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:32", E_OK},
        {"-outform DER -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:20", E_APPROVAL_FORMAT},
        {"-outform DER -nodetach", E_APPROVAL_FORMAT},
        {"-outform DER -md sha1", E_APPROVAL_FORMAT},
        {"-outform DER -md sha224", E_APPROVAL_FORMAT},
        {"-outform DER -econtent_type pkcs7-data -receipt_request_first -receipt_request_to a@b.cn",
         E_OK},
        {"-outform DER -econtent_type 1.2.3.4", E_APPROVAL_FORMAT},
        {"-outform DER -signer other.pem -inkey other.key", E_APPROVAL_FORMAT},
        {"-outform SMIME", E_APPROVAL_FORMAT},
    };
    help_write("content", batch);
    ck_assert(help_run(
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout person.key -subj /CN=p -out person.pem "
        "&& "
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -subj /CN=o -out other.pem"));
    X509 *cert;
    expect_ok(cert_load(help_path("person.pem"), &cert, NULL));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf bytes = {0};
        ck_assert_msg(help_run("openssl cms -sign -binary -in content -signer person.pem -inkey "
                               "person.key -out s.p7s %s",
                               rows[i].options),
                      "%s", rows[i].options);
        help_read("s.p7s", &bytes);
        enum err e = help_accept(buf_span(&bytes), cert, batch);
        ck_assert_msg(e == rows[i].want, "%s: %s", rows[i].options, err_name(e));
        expect_seen(e);
        if (i == 0 || i == 2 || i == 7 || i == 8)
            every_flip_and_truncation(&bytes, cert);
        if (e == E_OK)
            expect_err(help_accept(buf_span(&bytes), cert, (struct span){batch.p, 5}),
                       E_APPROVAL_SIGNATURE);
        buf_free(&bytes);
    }
    X509_free(cert);
}
END_TEST

/* sha512WithRSAEncryption means what rsaEncryption beside SHA-512 does, and goes with no other digest, nor with a key that is
 * not RSA, of a certificate with the same issuer and serial. */
START_TEST(the_longer_name_of_rsa_with_sha512)
{
    static const uint8_t rsa[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
    static const char *const digests[] = {"sha512", "sha256"};
    struct buf bytes = {0};
    X509 *cert, *twin;
    help_write("content", batch);
    ck_assert(help_run("openssl req -x509 -newkey rsa:2048 -nodes -keyout p.key -subj /CN=p -set_serial 7 -out p.pem && "
                       "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout e.key -subj /CN=p "
                       "-set_serial 7 -out e.pem && "
                       "openssl cms -sign -binary -in content -signer p.pem -inkey p.key -nocerts -md %s "
                       "-outform DER -out s.p7s", digests[_i]));
    expect_ok(cert_load(help_path("p.pem"), &cert, NULL));
    help_read("s.p7s", &bytes);
    uint8_t *at = memmem(bytes.data, bytes.len, rsa, sizeof rsa);
    ck_assert_ptr_nonnull(at);
    at[12] = 0x0d;
    expect_err(help_accept(buf_span(&bytes), cert, batch), _i == 0 ? E_OK : E_APPROVAL_FORMAT);
    expect_ok(cert_load(help_path("e.pem"), &twin, NULL));
    expect_err(help_accept(buf_span(&bytes), twin, batch), _i == 0 ? E_APPROVAL_SIGNATURE : E_APPROVAL_FORMAT);
    X509_free(twin);
    X509_free(cert);
    buf_free(&bytes);
}
END_TEST

START_TEST(names_of_forms)
{
    enum cms_form form;
    ck_assert(cms_form_by_name("cms", &form) && form == CMS_RFC5652);
    ck_assert(cms_form_by_name("gmt0010", &form) && form == CMS_GMT0010);
    ck_assert(!cms_form_by_name("gmt", &form));
}
END_TEST

/* What others make, laid out and signed by openssl alone: see tests/gmt0010.sh. */
START_TEST(the_form_of_gmt0010_by_stock_openssl)
{
    static const struct {
        const char *settings;
        enum err want;
    } rows[] = {
        {"", E_OK},
        {"ATTRIBUTES=no", E_OK},
        {"PARAMETERS=no", E_OK},
        {"SIGNATURE=1.2.156.10197.1.501", E_OK},
        {"SIGNATURE=1.2.156.10197.1.501 PARAMETERS=no ATTRIBUTES=no", E_OK},
        /* as CMS, and halves of both */
        {"SIGNED_DATA=1.2.840.113549.1.7.2 DATA=1.2.840.113549.1.7.1 SAID=1.2.840.113549.1.7.1 SIGNATURE=1.2.156.10197.1.501", E_OK},
        {"SIGNED_DATA=1.2.840.113549.1.7.2 DATA=1.2.840.113549.1.7.1 SAID=1.2.840.113549.1.7.1", E_APPROVAL_FORMAT},
        {"SIGNED_DATA=1.2.840.113549.1.7.2 SIGNATURE=1.2.156.10197.1.501", E_APPROVAL_FORMAT},
        {"DATA=1.2.840.113549.1.7.1", E_APPROVAL_FORMAT},
        {"SAID=1.2.840.113549.1.7.1", E_APPROVAL_FORMAT},
        {"SAID=1.2.156.10197.6.1.4.2.2", E_APPROVAL_FORMAT},
        {"DATA=1.2.156.10197.6.1.4.2.3", E_APPROVAL_FORMAT},
        {"SIGNED_DATA=1.2.156.10197.6.1.4.2.4", E_APPROVAL_FORMAT},
        {"DIGEST=2.16.840.1.101.3.4.2.1", E_APPROVAL_FORMAT},
        {"SIGNATURE=1.2.840.113549.1.1.1", E_APPROVAL_FORMAT},
        {"SIGNATURE=1.2.156.10197.1.301.3", E_APPROVAL_FORMAT},
        {"DIGEST=2.16.840.1.101.3.4.2.1 SIGNATURE=1.2.840.113549.1.1.11", E_APPROVAL_FORMAT},
    };
    char here[512];
    X509 *cert;
    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    help_write("content", batch);
    ck_assert(help_run("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:SM2 -out g.key && openssl req -x509 -new "
                       "-key g.key -sm3 -sigopt distid:" SM2_ID " -subj /CN=g -out g.pem"));
    expect_ok(cert_load(help_path("g.pem"), &cert, NULL));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf bytes = {0};
        ck_assert_msg(help_run("%s %s/tests/gmt0010.sh g.key g.pem content s.p7s", rows[i].settings, here), "%s", rows[i].settings);
        help_read("s.p7s", &bytes);
        enum err e = help_accept(buf_span(&bytes), cert, batch);
        ck_assert_msg(e == rows[i].want, "%s: %s", rows[i].settings, err_name(e));
        if (e == E_OK)
            expect_err(help_accept(buf_span(&bytes), cert, (struct span){batch.p, 5}), E_APPROVAL_SIGNATURE);
        if (i < 2)
            every_flip_and_truncation(&bytes, cert);
        buf_free(&bytes);
    }
    X509_free(cert);
}
END_TEST

/* A signer who is named by a key identifier is nobody whose certificate has none. */
START_TEST(a_certificate_without_key_identifier)
{
    struct buf bytes = {0};
    X509 *with, *without;
    struct cms *cms;
    help_write("content", batch);
    ck_assert(help_run("openssl req -x509 -newkey rsa:2048 -nodes -keyout p.key -subj /CN=p -out p.pem && "
                       "openssl req -x509 -key p.key -subj /CN=p -addext subjectKeyIdentifier=none -out n.pem && "
                       "openssl cms -sign -binary -in content -signer p.pem -inkey p.key -keyid -nocerts "
                       "-outform DER -out s.p7s"));
    expect_ok(cert_load(help_path("p.pem"), &with, NULL));
    expect_ok(cert_load(help_path("n.pem"), &without, NULL));
    help_read("s.p7s", &bytes);
    expect_ok(cms_parse(buf_span(&bytes), &cms, NULL));
    ck_assert(cms_is_by(cms, with));
    ck_assert(!cms_is_by(cms, without));
    cms_free(cms);
    X509_free(with);
    X509_free(without);
    buf_free(&bytes);
}
END_TEST

/* The signature over text; PEM with two blocks and PEM of another kind. */
START_TEST(pem_holds_one_signature)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    X509 *cert = help_cert(key, SIG_SM2_SM3, "Reviewer");
    struct buf der = {0}, pem = {0}, certificate = {0};
    expect_ok(cms_sign(cert, key, batch, SIGNING_TIME, &der, NULL));
    static const char *const labels[] = {PEM_STRING_CMS, PEM_STRING_PKCS7, PEM_STRING_X509};
    for (size_t i = 0; i < 3; i++) {
        char *text;
        BIO *out = BIO_new(BIO_s_mem());
        ck_assert_int_gt(PEM_write_bio(out, labels[i], "", der.data, (long)der.len), 0);
        long n = BIO_get_mem_data(out, &text);
        buf_reset(&pem);
        buf_append(&pem, text, (size_t)n);
        BIO_free(out);
        expect_err(help_accept(buf_span(&pem), cert, batch), i < 2 ? E_OK : E_APPROVAL_FORMAT);
    }
    expect_ok(cert_write_pem(cert, &certificate));
    buf_append(&pem, certificate.data, certificate.len);
    expect_err(help_accept(buf_span(&pem), cert, batch), E_APPROVAL_FORMAT);
    buf_reset(&pem);
    for (size_t i = 0; i <= LIMIT_APPROVAL_BYTES; i++)
        buf_append_byte(&pem, 0x30);
    expect_err(help_accept(buf_span(&pem), cert, batch), E_APPROVAL_FORMAT);
    expect_err(help_accept((struct span){0}, cert, batch), E_APPROVAL_FORMAT);
    X509_free(cert);
    EVP_PKEY_free(key);
    buf_free(&der);
    buf_free(&pem);
    buf_free(&certificate);
}
END_TEST

Suite *suite_cms(void)
{
    Suite *s = suite_create("cms");
    TCase *c = tcase_create("cms");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, NULL, help_clean);
    tcase_add_loop_test(c, persons_sign, 0, 3);
    tcase_add_test(c, names_of_forms);
    tcase_add_test(c, the_form_of_gmt0010_by_stock_openssl);
    tcase_add_test(c, other_keys_do_not_sign);
    tcase_add_test(c, stock_openssl_accepts_what_rsa_persons_sign);
    tcase_add_loop_test(c, signatures_made_elsewhere_are_wrapped, 0, 5);
    tcase_add_test(c, openssl_accepts_what_sm2_persons_sign);
    tcase_add_test(c, what_the_command_line_signs);
    tcase_add_loop_test(c, the_longer_name_of_rsa_with_sha512, 0, 2);
    tcase_add_test(c, a_certificate_without_key_identifier);
    tcase_add_test(c, pem_holds_one_signature);
    suite_add_tcase(s, c);
    return s;
}
