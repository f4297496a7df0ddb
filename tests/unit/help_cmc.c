#include "help_cmc.h"

#include <openssl/cms.h>

#include "expect.h"
#include "help_bundle.h"
#include "pki/cms.h"
#include "pki/der_write.h"
#include "pki/name.h"
#include "ra/cmc.h"

int64_t help_cmc_signed_at = HELP_BUNDLE_NOW;

static void put_number(struct buf *out, uint32_t n)
{
    const uint8_t bytes[] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    der_put_unsigned(out, (struct span){bytes, sizeof bytes});
}

void help_cmc_control(struct help_cmc *h, uint32_t id, unsigned number, struct span value)
{
    struct buf *b = &h->controls;
    char oid[64];
    snprintf(oid, sizeof oid, "1.3.6.1.5.5.7.7.%u", number);
    size_t all = der_open(b, DER_SEQUENCE);
    put_number(b, id);
    expect_ok(der_oid(b, oid));
    der_put(b, DER_SET, value);
    der_close(b, all);
}

void help_cmc_csr(struct help_cmc *h, uint32_t id, struct span csr)
{
    size_t all = der_open(&h->requests, DER_CONSTRUCTED + 0);
    put_number(&h->requests, id);
    buf_append(&h->requests, csr.p, csr.n);
    der_close(&h->requests, all);
}

void help_cmc_revoke(struct help_cmc *h, uint32_t id, struct span issuer, struct span serial, int reason, struct span more)
{
    struct buf b = {0};
    const uint8_t code = (uint8_t)reason;
    size_t all = der_open(&b, DER_SEQUENCE);
    buf_append(&b, issuer.p, issuer.n);
    der_put(&b, DER_INTEGER, serial);
    der_value(&b, DER_ENUMERATED, &code, 1);
    if (more.n > 0)
        buf_append(&b, more.p, more.n);
    der_close(&b, all);
    help_cmc_control(h, id, CMC_REVOKE_REQUEST, buf_span(&b));
    buf_free(&b);
}

void help_cmc_data(const struct help_cmc *h, struct buf *out)
{
    size_t all = der_open(out, DER_SEQUENCE);
    der_put(out, DER_SEQUENCE, buf_span(&h->controls));
    der_put(out, DER_SEQUENCE, buf_span(&h->requests));
    der_put(out, DER_SEQUENCE, buf_span(&h->cms));
    der_put(out, DER_SEQUENCE, buf_span(&h->messages));
    der_close(out, all);
    expect_ok(buf_err(out));
}

void help_cmc_free(struct help_cmc *h)
{
    buf_free(&h->controls);
    buf_free(&h->requests);
    buf_free(&h->cms);
    buf_free(&h->messages);
}

/* OpenSSL always says when: that attribute goes, and what is left is signed again. */
static void leave_out_time(CMS_SignerInfo *signer, EVP_PKEY *key)
{
    struct buf attributes = {0}, set = {0};
    uint8_t signature[1024];
    size_t n = sizeof signature;
    X509_ATTRIBUTE_free(CMS_signed_delete_attr(signer, CMS_signed_get_attr_by_NID(signer, NID_pkcs9_signingTime, -1)));
    for (int i = 0; i < CMS_signed_get_attr_count(signer); i++) { /* in the order of DER as they are */
        uint8_t *der = NULL;
        int len = i2d_X509_ATTRIBUTE(CMS_signed_get_attr(signer, i), &der);
        ck_assert_int_gt(len, 0);
        buf_append(&attributes, der, (size_t)len);
        OPENSSL_free(der);
    }
    der_put(&set, DER_SET, buf_span(&attributes));
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    ck_assert(EVP_DigestSignInit(c, NULL, EVP_sha256(), NULL, key) == 1 &&
              EVP_DigestSign(c, signature, &n, set.data, set.len) == 1);
    ck_assert_int_eq(ASN1_STRING_set(CMS_SignerInfo_get0_signature(signer), signature, (int)n), 1);
    EVP_MD_CTX_free(c);
    buf_free(&attributes);
    buf_free(&set);
}

static void sign_by_openssl(struct span data, X509 *cert, EVP_PKEY *key, struct buf *out)
{
    const unsigned flags = CMS_BINARY | CMS_NOSMIMECAP | CMS_PARTIAL;
    ASN1_OBJECT *type = OBJ_txt2obj("1.3.6.1.5.5.7.12.2", 1);
    BIO *in = BIO_new_mem_buf(data.p, (int)data.n);
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
    ck_assert(cms != NULL && CMS_set1_eContentType(cms, type) == 1);
    CMS_SignerInfo *signer = CMS_add1_signer(cms, cert, key, EVP_sha256(), flags);
    ck_assert_ptr_nonnull(signer);
    ASN1_TIME *t = ASN1_TIME_set(NULL, help_cmc_signed_at);
    ck_assert_int_eq(
        CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime, ASN1_STRING_type(t), ASN1_STRING_get0_data(t), ASN1_STRING_length(t)),
        1);
    ASN1_TIME_free(t);
    ck_assert_int_eq(CMS_final(cms, in, NULL, flags), 1);
    if (help_cmc_signed_at == 0)
        leave_out_time(signer, key);
    uint8_t *der = NULL;
    int n = i2d_CMS_ContentInfo(cms, &der);
    ck_assert_int_gt(n, 0);
    buf_append(out, der, (size_t)n);
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    ASN1_OBJECT_free(type);
}

void help_cmc_sign(struct span data, X509 *cert, EVP_PKEY *key, struct buf *out)
{
    struct diag d = {0};
    if (!EVP_PKEY_is_a(key, "SM2")) {
        sign_by_openssl(data, cert, key, out);
        return;
    }
    uint8_t *bytes = NULL;
    int n = i2d_X509(cert, &bytes);
    ck_assert_int_gt(n, 0);
    const struct cms_held held = {cmc_id_request, data, {bytes, (size_t)n}};
    expect_ok_diag(cms_sign_holding(cert, key, &held, help_cmc_signed_at, out, &d), &d);
    OPENSSL_free(bytes);
}

void help_cmc_good(struct span csr, X509 *cert, EVP_PKEY *key, struct buf *out)
{
    const struct policy_key *root = &help_bundle_policy()->authorities[0].keys[0];
    static const uint8_t number[] = {DER_INTEGER, 1, 77}, nonce[] = {DER_OCTET_STRING, 2, 1, 2};
    static const uint8_t seven[16] = {HELP_BUNDLE_OLD, [15] = 7}, eight[16] = {HELP_BUNDLE_OLD, [15] = 8};
    struct help_cmc h = {0};
    struct buf issuer = {0}, data = {0};
    struct diag d = {0};
    expect_ok_diag(name_from_rules(root->subject, root->subjects, &issuer, &d), &d);
    help_cmc_control(&h, 1, CMC_TRANSACTION_ID, (struct span){number, sizeof number});
    help_cmc_control(&h, 2, CMC_SENDER_NONCE, (struct span){nonce, sizeof nonce});
    help_cmc_revoke(&h, 70000, buf_span(&issuer), (struct span){eight, 16}, 6, (struct span){0});
    help_cmc_revoke(&h, 9, buf_span(&issuer), (struct span){seven, 16}, 1, (struct span){0});
    help_cmc_csr(&h, 5, csr);
    help_cmc_data(&h, &data);
    help_cmc_sign(buf_span(&data), cert, key, out);
    help_cmc_free(&h);
    buf_free(&issuer);
    buf_free(&data);
}

struct cmc_additions help_cmc_additions(int64_t now)
{
    struct cmc_additions with = {.policy = help_bundle_policy(), .authority = &help_bundle_policy()->authorities[0], .now = now};
    with.text[DRAFT_ID] = "order";
    with.text[DRAFT_PROFILE] = "person";
    with.text[DRAFT_BY] = "subscriber";
    return with;
}
