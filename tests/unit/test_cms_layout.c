#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "core/digest.h"
#include "expect.h"
#include "help_pki.h"
#include "pki/cms.h"
#include "pki/cms_ids.h"
#include "pki/der.h"
#include "suites.h"

static const struct span batch = {(const uint8_t *)"{\"format\":1}\n{\"id\":\"r1\"}\n", 26};

/* A SignedData put together from parts in hexadecimal, rightly signed whatever they are. */
struct layout {
    const char *type; /* of the ContentInfo; NULL for CMS's SignedData */
    const char *version, *digests, *content,
        *extra; /* of the SignedData; extra goes before the signers */
    const char *signer_version, *signer_digest;
    const char *attributes; /* contents of the set, %s standing for the digest; NULL for none */
    const char *algorithm, *behind; /* of the SignerInfo; behind follows the signature */
    int signers;
    const char *signer; /* unless NULL, the whole of it */
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

static void lay_out(const struct layout *l, X509 *cert, EVP_PKEY *key, struct buf *all)
{
    struct buf data = {0}, digests = {0}, signers = {0}, content = {0}, info = {0};
    put_hex(&data, l->version);
    put_hex(&digests, l->digests);
    der_put(&data, DER_SET, buf_span(&digests));
    put_hex(&data, l->content);
    put_hex(&data, l->extra);
    for (int i = 0; i < l->signers && l->signer == NULL; i++)
        put_signer(&signers, l, cert, key);
    put_hex(&signers, l->signer != NULL ? l->signer : "");
    der_put(&data, DER_SET, buf_span(&signers));
    der_put(&content, DER_SEQUENCE, buf_span(&data));
    put_hex(&info, l->type != NULL ? l->type : "06092a864886f70d010702");
    der_put(&info, DER_CONSTRUCTED + 0, buf_span(&content));
    der_put(all, DER_SEQUENCE, buf_span(&info));
    buf_free(&data);
    buf_free(&digests);
    buf_free(&signers);
    buf_free(&content);
    buf_free(&info);
}

static enum err laid_out(const struct layout *l, X509 *cert, EVP_PKEY *key)
{
    struct buf all = {0};
    lay_out(l, cert, key, &all);
    enum err e = help_accept(buf_span(&all), cert, batch);
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
    expect_err(WITH(change.digests = SHA256_ID, change.signer_digest = SHA256_ID, change.algorithm = "300a06082a8648ce3d040302"),
               E_APPROVAL_FORMAT); /* ECDSA */
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
    /* attributes with no value, and one of another type */
    expect_err(WITH(change.attributes = "300d06092a864886f70d0109033100" MESSAGE_DIGEST), E_APPROVAL_FORMAT);
    expect_err(WITH(change.attributes = "300d06092a864886f70d0109043100" CONTENT_TYPE), E_APPROVAL_FORMAT);
    expect_err(WITH(change.attributes = "300d06092a864886f70d0109053100" CONTENT_TYPE MESSAGE_DIGEST),
               E_APPROVAL_FORMAT);
    expect_err(WITH(change.attributes = "300f06092a864886f70d01090431020500" CONTENT_TYPE), E_APPROVAL_FORMAT);
    /* a signer without version, with nothing else, and with the version of the other identifier */
    expect_err(WITH(change.signer_version = ""), E_APPROVAL_FORMAT);
    expect_err(WITH(change.signer = "3003020101"), E_APPROVAL_FORMAT);
    expect_err(WITH(change.signer = "300d02010180080102030405060708"), E_APPROVAL_FORMAT);
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

/* -- in the form of GM/T 0010 -- */

#define GM_SIGNED_DATA "060a2a811ccf5506010402" "02"
#define GM_DATA "060a2a811ccf5506010402" "01"
#define GM_TYPE "301906092a864886f70d010903310c" GM_DATA
#define GM_SIGNATURE "300d06092a811ccf5501822d010500"

static const struct layout holding;
static const struct layout gm = {
    .type = GM_SIGNED_DATA,
    .version = "020101",
    .digests = SM3_NULL,
    .content = "300c" GM_DATA,
    .extra = "",
    .signer_version = "020101",
    .signer_digest = SM3_NULL,
    .attributes = OTHER_ATTRIBUTE GM_TYPE SIGNED_TIME MESSAGE_DIGEST,
    .algorithm = GM_SIGNATURE,
    .behind = "",
    .signers = 1,
};

START_TEST(the_layout_of_gmt0010_is_checked)
{
#define WITH(...) (change = gm, __VA_ARGS__, laid_out(&change, cert, key))
    EVP_PKEY *key = help_key(KEY_SM2);
    X509 *cert = help_cert(key, SIG_SM2_SM3, "Reviewer");
    struct layout change;
    expect_ok(laid_out(&gm, cert, key));
    expect_ok(WITH(change.attributes = NULL));
    expect_ok(WITH(change.attributes = GM_TYPE MESSAGE_DIGEST));
    expect_ok(WITH(change.digests = SM3_ID, change.signer_digest = SM3_ID));
    expect_ok(WITH(change.algorithm = "300b06092a811ccf5501822d01"));
    expect_ok(WITH(change.algorithm = SM2_SM3_ID));
    expect_ok(WITH(change.algorithm = "300a06082a811ccf55018375"));
    /* what is of CMS, one by one, and in CMS what is not */
    expect_err(WITH(change.type = NULL), E_APPROVAL_FORMAT);
    expect_err(WITH(change.content = "300b" DATA), E_APPROVAL_FORMAT);
    expect_err(WITH(change.attributes = CONTENT_TYPE MESSAGE_DIGEST), E_APPROVAL_FORMAT);
    expect_err(WITH(change = right, change.type = GM_SIGNED_DATA), E_APPROVAL_FORMAT);
    expect_err(WITH(change = right, change.algorithm = GM_SIGNATURE), E_APPROVAL_FORMAT);
    expect_err(WITH(change = right, change.attributes = GM_TYPE MESSAGE_DIGEST), E_APPROVAL_FORMAT);
    expect_err(WITH(change = holding, change.type = GM_SIGNED_DATA), E_APPROVAL_FORMAT);
    /* other types, digests and algorithms: SM2 alone, its key exchange, RSA */
    expect_err(WITH(change.type = GM_DATA), E_APPROVAL_FORMAT);
    expect_err(WITH(change.content = "300c" GM_SIGNED_DATA), E_APPROVAL_FORMAT);
    expect_err(WITH(change.attributes = "301906092a864886f70d010903310c" GM_SIGNED_DATA MESSAGE_DIGEST), E_APPROVAL_FORMAT);
    expect_err(WITH(change.digests = SHA256_ID, change.signer_digest = SHA256_ID), E_APPROVAL_FORMAT);
    expect_err(WITH(change.digests = SM3_ID), E_APPROVAL_FORMAT);
    expect_err(WITH(change.algorithm = "300a06082a811ccf5501822d"), E_APPROVAL_FORMAT);
    expect_err(WITH(change.algorithm = "300b06092a811ccf5501822d02"), E_APPROVAL_FORMAT);
    expect_err(WITH(change.algorithm = "300d06092a864886f70d01010b0500"), E_APPROVAL_FORMAT); /* with SHA-256 */
    expect_err(WITH(change.algorithm = "300d06092a864886f70d0101010500"), E_APPROVAL_FORMAT);
    /* versions; a key identifier, which CMS has; content; CRLs; unsigned attributes; other numbers of signers */
    expect_err(WITH(change.version = "020103"), E_APPROVAL_FORMAT);
    expect_err(WITH(change.signer_version = "020103"), E_APPROVAL_FORMAT);
    expect_err(WITH(change.version = "020103", change.signer = "302d02010380080102030405060708" SM3_NULL GM_SIGNATURE "040101"),
               E_APPROVAL_FORMAT);
    expect_err(WITH(change.content = "3011" GM_DATA "a003040161"), E_APPROVAL_FORMAT);
    expect_err(WITH(change.extra = "a100"), E_APPROVAL_FORMAT);
    expect_err(WITH(change.extra = "a0023000"), E_APPROVAL_SIGNATURE);
    expect_err(WITH(change.behind = "a10e" OTHER_ATTRIBUTE), E_APPROVAL_FORMAT);
    expect_err(WITH(change.signers = 0), E_APPROVAL_FORMAT);
    expect_err(WITH(change.signers = 2), E_APPROVAL_FORMAT);
    /* attributes out of order; the digest of something else */
    expect_err(WITH(change.attributes = MESSAGE_DIGEST GM_TYPE), E_APPROVAL_FORMAT);
    expect_err(WITH(change.attributes = "300f06092a864886f70d01090431020400" GM_TYPE), E_APPROVAL_SIGNATURE);
    X509_free(cert);
    EVP_PKEY_free(key);
#undef WITH
}
END_TEST

/* -- what holds its content: id-cct-PKIData -- */

#define PKI_DATA "06082b06010505070c02"
#define PKI_DATA_TYPE "301706092a864886f70d010903310a" PKI_DATA
#define BATCH "7b22666f726d6174223a317d0a7b226964223a227231227d0a00" /* the 26 bytes of batch */

static const struct layout holding = {
    .version = "020103",
    .digests = SM3_ID,
    .content = "3028" PKI_DATA "a01c041a" BATCH,
    .extra = "",
    .signer_version = "020101",
    .signer_digest = SM3_ID,
    .attributes = PKI_DATA_TYPE MESSAGE_DIGEST,
    .algorithm = SM2_SM3_ID,
    .behind = "",
    .signers = 1,
};

static enum err held(const struct layout *l, X509 *cert, EVP_PKEY *key)
{
    static const uint8_t type[] = {0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x0c, 0x02};
    struct buf all = {0};
    struct span content;
    struct cms *cms;
    struct diag d = {0};
    lay_out(l, cert, key, &all);
    enum err e = cms_parse_holding(buf_span(&all), (struct span){type, sizeof type}, all.len, &cms, &content, &d);
    ck_assert((e == E_OK) == (content.n > 0));
    if (e == E_OK)
        e = cms_verify(cms, cert, content, &d);
    cms_free(cms);
    if (e == E_OK)
        expect_err(cms_parse_holding(buf_span(&all), (struct span){type, sizeof type}, all.len - 1, &cms, &content, &d),
                   E_APPROVAL_FORMAT);
    buf_free(&all);
    return e;
}

START_TEST(what_is_held_is_checked)
{
#define WITH(...) (change = holding, __VA_ARGS__, held(&change, cert, key))
    EVP_PKEY *key = help_key(KEY_SM2);
    X509 *cert = help_cert(key, SIG_SM2_SM3, "Reviewer");
    struct layout change;
    expect_ok(held(&holding, cert, key));
    expect_ok(WITH(change.attributes = OTHER_ATTRIBUTE PKI_DATA_TYPE SIGNED_TIME MESSAGE_DIGEST));
    /* neither is taken for the other */
    expect_err(held(&right, cert, key), E_APPROVAL_FORMAT);
    expect_err(laid_out(&holding, cert, key), E_APPROVAL_FORMAT);
    expect_err(WITH(change.version = "020101"), E_APPROVAL_FORMAT);
    expect_err(WITH(change.attributes = NULL), E_APPROVAL_FORMAT);
    expect_err(WITH(change.attributes = CONTENT_TYPE MESSAGE_DIGEST), E_APPROVAL_FORMAT);
    /* no type, another type, no content, content in pieces, twice, or with something behind it */
    expect_err(WITH(change.content = "301e" "a01c041a" BATCH), E_APPROVAL_FORMAT);
    expect_err(WITH(change.content = "3028" "06082b06010505070c03" "a01c041a" BATCH), E_APPROVAL_FORMAT);
    expect_err(WITH(change.content = "300a" PKI_DATA), E_APPROVAL_FORMAT);
    expect_err(WITH(change.content = "302a" PKI_DATA "a01e301c041a" BATCH), E_APPROVAL_FORMAT);
    expect_err(WITH(change.content = "302a" PKI_DATA "a01e041a" BATCH "0500"), E_APPROVAL_FORMAT);
    expect_err(WITH(change.content = "302a" PKI_DATA "a01c041a" BATCH "0500"), E_APPROVAL_FORMAT);
    /* other content than was signed */
    expect_err(WITH(change.content = "300f" PKI_DATA "a003040161"), E_APPROVAL_SIGNATURE);
    X509_free(cert);
    EVP_PKEY_free(key);
#undef WITH
}
END_TEST

Suite *suite_cms_layout(void)
{
    Suite *s = suite_create("cms_layout");
    TCase *c = tcase_create("cms_layout");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, the_layout_is_checked);
    tcase_add_test(c, the_layout_of_gmt0010_is_checked);
    tcase_add_test(c, what_is_held_is_checked);
    suite_add_tcase(s, c);
    return s;
}
