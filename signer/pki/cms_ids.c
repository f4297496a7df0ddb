#include "pki/cms_ids.h"

#include "pki/der.h"

#define BYTES(...) {(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})}
#define PKCS7(last) BYTES(0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, last)
#define PKCS9(last) BYTES(0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, last)
#define PKCS1(last)                                                                                \
    BYTES(0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last, 0x05, 0x00)
#define SHA2(last) 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last
#define GM0010(last) BYTES(0x06, 0x0a, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x06, 0x01, 0x04, 0x02, last)
#define SM2_1 0x06, 0x09, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d, 0x01
#define SM3 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x11

const struct span cms_id_data = PKCS7(0x01);
const struct span cms_id_signed_data = PKCS7(0x02);
const struct span cms_id_content_type = PKCS9(0x03);
const struct span cms_id_message_digest = PKCS9(0x04);
const struct span cms_id_signing_time = PKCS9(0x05);
const struct span cms_gm_data = GM0010(0x01);
const struct span cms_gm_signed_data = GM0010(0x02);
const struct span cms_gm_signature = BYTES(0x30, 0x0d, SM2_1, 0x05, 0x00);
static const struct span gm_signature_without_null = BYTES(0x30, 0x0b, SM2_1);
const struct span cms_rsa_identifier = PKCS1(0x01);
const struct span cms_rsa_sha512_identifier = PKCS1(0x0d);

enum { ROW_SHA256, ROW_SHA384, ROW_SHA512, ROW_SM3, ROWS };

static const struct cms_digest digests[ROWS] = {
    [ROW_SHA256] = {"SHA256", BYTES(0x30, 0x0b, SHA2(0x01)),
                    BYTES(0x30, 0x0d, SHA2(0x01), 0x05, 0x00), true, SIG_RSA_SHA256, false},
    [ROW_SHA384] = {"SHA384", BYTES(0x30, 0x0b, SHA2(0x02)),
                    BYTES(0x30, 0x0d, SHA2(0x02), 0x05, 0x00), true, SIG_RSA_SHA384, false},
    [ROW_SHA512] = {"SHA512", BYTES(0x30, 0x0b, SHA2(0x03)),
                    BYTES(0x30, 0x0d, SHA2(0x03), 0x05, 0x00), true, SIG_ALG_COUNT, true},
    [ROW_SM3] = {"SM3", BYTES(0x30, 0x0a, SM3), BYTES(0x30, 0x0c, SM3, 0x05, 0x00), false,
                 SIG_ALG_COUNT, false},
};

const struct cms_digest *cms_digest_by_identifier(struct span der)
{
    for (int i = 0; i < ROWS; i++)
        if (der_same(der, digests[i].identifier) || der_same(der, digests[i].with_null))
            return &digests[i];
    return NULL;
}

bool cms_is_gm_signature(struct span der)
{
    enum sig_alg alg;
    if (der_same(der, cms_gm_signature) || der_same(der, gm_signature_without_null))
        return true;
    return alg_from_identifier(der, &alg) == E_OK && alg == SIG_SM2_SM3;
}

const struct cms_digest *cms_digest_of(enum sig_alg alg)
{
    switch (alg) {
    case SIG_SM2_SM3:
        return &digests[ROW_SM3];
    case SIG_RSA_SHA256:
    case SIG_PSS_SHA256:
        return &digests[ROW_SHA256];
    case SIG_RSA_SHA384:
    case SIG_PSS_SHA384:
        return &digests[ROW_SHA384];
    default:
        return NULL;
    }
}

enum err cms_put_issuer_and_serial(X509 *cert, struct buf *out)
{
    uint8_t *issuer = NULL, *serial = NULL;
    int issuer_n = i2d_X509_NAME(X509_get_issuer_name(cert), &issuer);
    int serial_n = i2d_ASN1_INTEGER(X509_get0_serialNumber(cert), &serial);
    enum err e = E_CRYPTO;
    if (issuer_n > 0 && serial_n > 0) {
        buf_append(out, issuer, (size_t)issuer_n);
        buf_append(out, serial, (size_t)serial_n);
        e = buf_err(out);
    }
    OPENSSL_free(issuer);
    OPENSSL_free(serial);
    return e;
}
