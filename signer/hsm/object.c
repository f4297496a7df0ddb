#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <string.h>

#include "hsm/session.h"

/* A modulus of 16384 bits, and more than any point or curve needs. */
#define MAX_NUMBER 2048

const uint8_t object_sm2_params[10] = {0x06, 0x08, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x82, 0x2D};

/* ---------------------------------------------------------------- objects and attributes */

enum err object_find(struct hsm *h, CK_ATTRIBUTE *template, CK_ULONG template_n,
                     CK_OBJECT_HANDLE *out, CK_ULONG cap, CK_ULONG *n, struct diag *d)
{
    *n = 0;
    CK_RV rv = CALL(h, C_FindObjectsInit, h->session, template, template_n);
    if (rv != CKR_OK)
        return session_fail(h, rv, "C_FindObjectsInit", d);
    while (*n < cap) {
        CK_ULONG got = 0;
        rv = CALL(h, C_FindObjects, h->session, out + *n, cap - *n, &got);
        if (rv != CKR_OK || got == 0)
            break;
        *n += got;
    }
    CK_RV end = CALL(h, C_FindObjectsFinal, h->session);
    if (rv != CKR_OK)
        return session_fail(h, rv, "C_FindObjects", d);
    return end == CKR_OK ? E_OK : session_fail(h, end, "C_FindObjectsFinal", d);
}

enum err object_bytes(struct hsm *h, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, void *out,
                      size_t cap, size_t *n, struct diag *d)
{
    *n = 0;
    CK_ATTRIBUTE a = {type, out, cap};
    CK_RV rv = CALL(h, C_GetAttributeValue, h->session, object, &a, 1);
    if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE)
        return E_OK;
    if (rv != CKR_OK)
        return session_fail(h, rv, "C_GetAttributeValue", d);
    if (a.ulValueLen == CK_UNAVAILABLE_INFORMATION)
        return E_OK;
    if (a.ulValueLen > cap)
        return session_fail(h, CKR_BUFFER_TOO_SMALL, "C_GetAttributeValue", d);
    *n = a.ulValueLen;
    return E_OK;
}

enum err object_bool(struct hsm *h, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, bool absent,
                     bool *out, struct diag *d)
{
    CK_BBOOL value = CK_FALSE;
    size_t n;
    *out = absent;
    enum err e = object_bytes(h, object, type, &value, sizeof value, &n, d);
    if (e == E_OK && n == sizeof value)
        *out = value != CK_FALSE;
    return e;
}

/* ---------------------------------------------------------------- public keys */

static enum err from_params(const char *type, OSSL_PARAM_BLD *b, EVP_PKEY **out, struct diag *d)
{
    enum err e = E_OK;
    OSSL_PARAM *p = OSSL_PARAM_BLD_to_param(b);
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (p == NULL || c == NULL || EVP_PKEY_fromdata_init(c) != 1)
        e = diag_set(d, E_CRYPTO, "public key of the token");
    else if (EVP_PKEY_fromdata(c, out, EVP_PKEY_PUBLIC_KEY, p) != 1)
        e = diag_set(d, E_KEY_MISMATCH, "the token shows no sound %s public key", type);
    EVP_PKEY_CTX_free(c);
    OSSL_PARAM_free(p);
    ERR_clear_error();
    return e;
}

static enum err rsa_public(struct hsm *h, CK_OBJECT_HANDLE object, EVP_PKEY **out, struct diag *d)
{
    uint8_t modulus[MAX_NUMBER], exponent[MAX_NUMBER];
    size_t modulus_n = 0, exponent_n = 0;
    enum err e = object_bytes(h, object, CKA_MODULUS, modulus, sizeof modulus, &modulus_n, d);
    if (e == E_OK)
        e = object_bytes(h, object, CKA_PUBLIC_EXPONENT, exponent, sizeof exponent, &exponent_n, d);
    if (e != E_OK || modulus_n == 0 || exponent_n == 0)
        return e;

    BIGNUM *n = BN_bin2bn(modulus, (int)modulus_n, NULL);
    BIGNUM *x = BN_bin2bn(exponent, (int)exponent_n, NULL);
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    if (n != NULL && x != NULL && b != NULL &&
        OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, x) == 1)
        e = from_params("RSA", b, out, d);
    else
        e = diag_set(d, E_NO_MEMORY, "public key of the token");
    OSSL_PARAM_BLD_free(b);
    BN_free(x);
    BN_free(n);
    return e;
}

/* CKA_EC_POINT is a DER OCTET STRING holding the point (PKCS#11 v2.40 2.3.3); some tokens give the
 * bare point. */
static struct span bare_point(const uint8_t *p, size_t n)
{
    bool wrapped = n == 67 && p[0] == 0x04 && p[1] == 0x41;
    return wrapped ? (struct span){p + 2, n - 2} : (struct span){p, n};
}

static enum err sm2_public(struct hsm *h, CK_OBJECT_HANDLE object, EVP_PKEY **out, struct diag *d)
{
    uint8_t params[MAX_NUMBER], encoded[MAX_NUMBER];
    size_t params_n, encoded_n;
    enum err e = object_bytes(h, object, CKA_EC_PARAMS, params, sizeof params, &params_n, d);
    if (e == E_OK)
        e = object_bytes(h, object, CKA_EC_POINT, encoded, sizeof encoded, &encoded_n, d);
    if (e != E_OK)
        return e;
    /* Absent parameters mean the SM2 curve: vendors that have a key type of their own leave them
     * out. */
    if (params_n != 0 &&
        (params_n != sizeof object_sm2_params || memcmp(params, object_sm2_params, params_n) != 0))
        return diag_set(d, E_KEY_MISMATCH, "the key on the token is not on the SM2 curve");
    if (encoded_n == 0)
        return E_OK;

    struct span point = bare_point(encoded, encoded_n);
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    if (b != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point.p, point.n) == 1)
        e = from_params("SM2", b, out, d);
    else
        e = diag_set(d, E_NO_MEMORY, "public key of the token");
    OSSL_PARAM_BLD_free(b);
    return e;
}

enum err object_public_key(struct hsm *h, CK_OBJECT_HANDLE object, enum key_kind kind,
                           EVP_PKEY **out, struct diag *d)
{
    *out = NULL;
    CK_KEY_TYPE type = 0;
    size_t n;
    enum err e = object_bytes(h, object, CKA_KEY_TYPE, &type, sizeof type, &n, d);
    if (e != E_OK)
        return e;
    if (n != sizeof type || (type == CKK_RSA) != (kind == KEY_RSA))
        return diag_set(d, E_KEY_MISMATCH, "the key on the token is of type 0x%lx",
                        (unsigned long)type);
    return kind == KEY_RSA ? rsa_public(h, object, out, d) : sm2_public(h, object, out, d);
}
