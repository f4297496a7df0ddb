#include "pki/cms.h"

#include <openssl/cms.h>
#include <openssl/pem.h>
#include <string.h>

#include "core/limits.h"
#include "expect.h"
#include "help_pki.h"
#include "pki/cert.h"
#include "pki/cms_ids.h"
#include "pki/der.h"

Suite *suite_cms(void);

#define SIGNING_TIME 1750000000
static const struct span batch = {(const uint8_t *)"{\"format\":1}\n{\"id\":\"r1\"}\n", 26};

/* What an appliance does with an approval: read it, see whose it is, verify it. */
static enum err accept(struct span bytes, X509 *cert, struct span content)
{
    struct cms *cms;
    struct diag d = {0};
    enum err e = cms_parse(bytes, &cms, &d);
    if (e == E_OK)
        e = cms_verify(cms, cert, content, &d);
    ck_assert_int_eq(d.code, e);
    cms_free(cms);
    return e;
}

static void every_flip_and_truncation(const struct buf *good, X509 *cert)
{
    struct buf der = {0};
    buf_append(&der, good->data, good->len);
    expect_ok(accept(buf_span(&der), cert, batch));
    for (size_t bit = 0; bit < 8 * der.len; bit++) {
        der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_msg(accept(buf_span(&der), cert, batch) != E_OK, "bit %zu", bit);
        der.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t n = 0; n < der.len; n++)
        ck_assert_msg(accept((struct span){der.data, n}, cert, batch) == E_APPROVAL_FORMAT,
                      "%zu bytes", n);
    buf_append_byte(&der, 0);
    expect_err(accept(buf_span(&der), cert, batch), E_APPROVAL_FORMAT);
    buf_free(&der);
}

START_TEST(persons_sign)
{
    enum sig_alg alg = _i == 0 ? SIG_SM2_SM3 : SIG_RSA_SHA256;
    EVP_PKEY *key = help_key(alg_sig_key(alg)), *other_key = help_key(alg_sig_key(alg));
    X509 *cert = help_cert(key, alg, "Reviewer"), *other = help_cert(other_key, alg, "Another");
    X509 *twin = help_cert(other_key, alg, "Reviewer");
    struct buf der = {0}, none = {0};
    struct cms *cms;
    struct diag d = {0};
    expect_ok_diag(cms_sign(cert, key, batch, SIGNING_TIME, &der, &d), &d);
    expect_ok(cms_parse(buf_span(&der), &cms, &d));
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
    expect_err(cms_sign(cert, other_key, batch, SIGNING_TIME, &none, &d), E_PRIVATE_KEY);
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
        expect_ok(accept(buf_span(&der), cert, batch));
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
        enum err e = accept(buf_span(&bytes), cert, batch);
        ck_assert_msg(e == rows[i].want, "%s: %s", rows[i].options, err_name(e));
        expect_seen(e);
        if (i == 0 || i == 2 || i == 7 || i == 8)
            every_flip_and_truncation(&bytes, cert);
        if (e == E_OK)
            expect_err(accept(buf_span(&bytes), cert, (struct span){batch.p, 5}),
                       E_APPROVAL_SIGNATURE);
        buf_free(&bytes);
    }
    X509_free(cert);
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
        expect_err(accept(buf_span(&pem), cert, batch), i < 2 ? E_OK : E_APPROVAL_FORMAT);
    }
    expect_ok(cert_write_pem(cert, &certificate));
    buf_append(&pem, certificate.data, certificate.len);
    expect_err(accept(buf_span(&pem), cert, batch), E_APPROVAL_FORMAT);
    buf_reset(&pem);
    for (size_t i = 0; i <= LIMIT_APPROVAL_BYTES; i++)
        buf_append_byte(&pem, 0x30);
    expect_err(accept(buf_span(&pem), cert, batch), E_APPROVAL_FORMAT);
    expect_err(accept((struct span){0}, cert, batch), E_APPROVAL_FORMAT);
    X509_free(cert);
    EVP_PKEY_free(key);
    buf_free(&der);
    buf_free(&pem);
    buf_free(&certificate);
}
END_TEST

/* A SignedData put together from parts in hexadecimal, rightly signed whatever they are. */
struct layout {
    const char *version, *digests, *content,
        *extra; /* of the SignedData; extra goes before the signers */
    const char *signer_version, *signer_digest;
    const char *attributes; /* contents of the set, %s standing for the digest; NULL for none */
    const char *algorithm, *behind; /* of the SignerInfo; behind follows the signature */
    int signers;
};

#define SM3_ID "300a06082a811ccf55018311"
#define SM3_NULL "300c06082a811ccf550183110500"
#define SHA256_ID "300b0609608648016503040201"
#define SM2_SM3_ID "300c06082a811ccf550183750500"
#define DATA "06092a864886f70d010701"
#define CONTENT_TYPE "301806092a864886f70d010903310b" DATA
#define SIGNED_TIME "301c06092a864886f70d010905310f170d3235303631353135303634305a"
#define MESSAGE_DIGEST "302f06092a864886f70d01090431220420%s"
#define OTHER_ATTRIBUTE "300c06042a03040531040c026162"

static const struct layout right = {
    .version = "020101",
    .digests = SM3_ID,
    .content = "300b" DATA,
    .extra = "",
    .signer_version = "020101",
    .signer_digest = SM3_ID,
    .attributes = OTHER_ATTRIBUTE CONTENT_TYPE SIGNED_TIME MESSAGE_DIGEST,
    .algorithm = SM2_SM3_ID,
    .behind = "",
    .signers = 1,
};

static void put_hex(struct buf *out, const char *hex)
{
    help_hex(hex, out);
}

static void put_signer(struct buf *out, const struct layout *l, X509 *cert, EVP_PKEY *key)
{
    struct buf id = {0}, attributes = {0}, set = {0}, signature = {0}, body = {0};
    struct span signed_bytes = batch;
    expect_ok(cms_put_issuer_and_serial(cert, &id));
    put_hex(&body, l->signer_version);
    der_put(&body, DER_SEQUENCE, buf_span(&id));
    put_hex(&body, l->signer_digest);
    if (l->attributes != NULL) {
        uint8_t digest[DIGEST_LEN];
        char hex[DIGEST_HEX], all[1024];
        expect_ok(digest_bytes(DIGEST_SM3, batch.p, batch.n, digest));
        hex_encode(digest, sizeof digest, hex);
        const char *at = strstr(l->attributes, "%s");
        int before = at != NULL ? (int)(at - l->attributes) : (int)strlen(l->attributes);
        snprintf(all, sizeof all, "%.*s%s%s", before, l->attributes, at != NULL ? hex : "",
                 at != NULL ? at + 2 : "");
        put_hex(&attributes, all);
        der_put(&body, DER_CONSTRUCTED + 0, buf_span(&attributes));
        der_put(&set, DER_SET, buf_span(&attributes));
        signed_bytes = buf_span(&set);
    }
    put_hex(&body, l->algorithm);
    expect_ok(alg_sign(SIG_SM2_SM3, key, signed_bytes, &signature));
    der_put(&body, DER_OCTET_STRING, buf_span(&signature));
    put_hex(&body, l->behind);
    der_put(out, DER_SEQUENCE, buf_span(&body));
    buf_free(&id);
    buf_free(&attributes);
    buf_free(&set);
    buf_free(&signature);
    buf_free(&body);
}

static enum err laid_out(const struct layout *l, X509 *cert, EVP_PKEY *key)
{
    struct buf data = {0}, digests = {0}, signers = {0}, content = {0}, info = {0}, all = {0};
    put_hex(&data, l->version);
    put_hex(&digests, l->digests);
    der_put(&data, DER_SET, buf_span(&digests));
    put_hex(&data, l->content);
    put_hex(&data, l->extra);
    for (int i = 0; i < l->signers; i++)
        put_signer(&signers, l, cert, key);
    der_put(&data, DER_SET, buf_span(&signers));
    der_put(&content, DER_SEQUENCE, buf_span(&data));
    put_hex(&info, "06092a864886f70d010702");
    der_put(&info, DER_CONSTRUCTED + 0, buf_span(&content));
    der_put(&all, DER_SEQUENCE, buf_span(&info));
    enum err e = accept(buf_span(&all), cert, batch);
    buf_free(&data);
    buf_free(&digests);
    buf_free(&signers);
    buf_free(&content);
    buf_free(&info);
    buf_free(&all);
    return e;
}

/* Each row changes one part of a layout that is accepted. */
START_TEST(the_layout_is_checked)
{
#define WITH(...) (change = right, __VA_ARGS__, laid_out(&change, cert, key))
    EVP_PKEY *key = help_key(KEY_SM2);
    X509 *cert = help_cert(key, SIG_SM2_SM3, "Reviewer");
    struct layout change;
    expect_ok(laid_out(&right, cert, key));
    expect_ok(WITH(change.attributes = NULL));
    expect_ok(WITH(change.attributes = CONTENT_TYPE MESSAGE_DIGEST));
    expect_ok(WITH(change.digests = SM3_NULL, change.signer_digest = SM3_NULL));
    expect_ok(WITH(change.algorithm = "300a06082a811ccf55018375"));
    expect_err(WITH(change.digests = SM3_NULL), E_APPROVAL_FORMAT);
    expect_err(WITH(change.digests = SHA256_ID), E_APPROVAL_FORMAT);
    expect_err(WITH(change.digests = SHA256_ID, change.signer_digest = SHA256_ID),
               E_APPROVAL_FORMAT);
    expect_err(WITH(change.digests = ""), E_APPROVAL_FORMAT);
    expect_err(WITH(change.digests = SM3_ID SHA256_ID), E_APPROVAL_FORMAT);
    expect_err(WITH(change.algorithm = "300d06092a864886f70d0101010500"), E_APPROVAL_FORMAT);
    expect_err(WITH(change.algorithm = "300a06082a8648ce3d040302"), E_APPROVAL_FORMAT);
    expect_err(WITH(change.version = "020103"), E_APPROVAL_FORMAT);
    expect_err(WITH(change.signer_version = "020103"), E_APPROVAL_FORMAT);
    expect_err(WITH(change.content = "3010" DATA "a00304"
                                     "0161"),
               E_APPROVAL_FORMAT);
    expect_err(WITH(change.content = "300f" DATA "a0020400"), E_APPROVAL_FORMAT);
    expect_err(WITH(change.content = "300b06092a864886f70d010703"), E_APPROVAL_FORMAT);
    expect_err(WITH(change.extra = "a100"), E_APPROVAL_FORMAT);
    /* certificates, but not the signer's */
    expect_err(WITH(change.extra = "a0023000"), E_APPROVAL_SIGNATURE);
    expect_err(WITH(change.behind = "a10e" OTHER_ATTRIBUTE), E_APPROVAL_FORMAT);
    expect_err(WITH(change.signers = 0), E_APPROVAL_FORMAT);
    expect_err(WITH(change.signers = 2), E_APPROVAL_FORMAT);
    expect_err(WITH(change.attributes = ""), E_APPROVAL_FORMAT);
    expect_err(WITH(change.attributes = CONTENT_TYPE), E_APPROVAL_FORMAT);
    expect_err(WITH(change.attributes = MESSAGE_DIGEST), E_APPROVAL_FORMAT);
    expect_err(WITH(change.attributes = CONTENT_TYPE CONTENT_TYPE MESSAGE_DIGEST),
               E_APPROVAL_FORMAT);
    expect_err(WITH(change.attributes = CONTENT_TYPE SIGNED_TIME SIGNED_TIME MESSAGE_DIGEST),
               E_APPROVAL_FORMAT);
    expect_err(WITH(change.attributes = MESSAGE_DIGEST CONTENT_TYPE),
               E_APPROVAL_FORMAT); /* not in order */
    expect_err(WITH(change.attributes =
                        "301806092a864886f70d010903310b06092a864886f70d010703" MESSAGE_DIGEST),
               E_APPROVAL_FORMAT);
    /* a time that does not exist; a time that is none */
    expect_err(WITH(change.attributes = CONTENT_TYPE
                    "301c06092a864886f70d010905310f170d3235313331353135303634305a" MESSAGE_DIGEST),
               E_APPROVAL_FORMAT);
    expect_err(
        WITH(change.attributes = "300f06092a864886f70d01090531020500" CONTENT_TYPE MESSAGE_DIGEST),
        E_APPROVAL_FORMAT);
    /* the digest of something else, and one that is too short */
    expect_err(WITH(change.attributes = CONTENT_TYPE
                    "302f06092a864886f70d01090431220420"
                    "0000000000000000000000000000000000000000000000000000000000000000"),
               E_APPROVAL_SIGNATURE);
    expect_err(WITH(change.attributes = "300f06092a864886f70d01090431020400" CONTENT_TYPE),
               E_APPROVAL_SIGNATURE);
    X509_free(cert);
    EVP_PKEY_free(key);
#undef WITH
}
END_TEST

Suite *suite_cms(void)
{
    Suite *s = suite_create("cms");
    TCase *c = tcase_create("cms");
    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, NULL, help_clean);
    tcase_add_loop_test(c, persons_sign, 0, 2);
    tcase_add_test(c, other_keys_do_not_sign);
    tcase_add_test(c, stock_openssl_accepts_what_rsa_persons_sign);
    tcase_add_loop_test(c, signatures_made_elsewhere_are_wrapped, 0, 5);
    tcase_add_test(c, openssl_accepts_what_sm2_persons_sign);
    tcase_add_test(c, what_the_command_line_signs);
    tcase_add_test(c, pem_holds_one_signature);
    tcase_add_test(c, the_layout_is_checked);
    suite_add_tcase(s, c);
    return s;
}
