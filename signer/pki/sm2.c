#include "pki/sm2.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <string.h>

#include "pki/alg.h"
#include "pki/cause.h"
#include "pki/der.h"

#define FIELD_LEN 32

/* a, b, xG and yG of the recommended curve (GM/T 0003.5). */
static const uint8_t curve[4 * FIELD_LEN] = {
    0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc,
    0x28, 0xe9, 0xfa, 0x9e, 0x9d, 0x9f, 0x5e, 0x34, 0x4d, 0x5a, 0x9e, 0x4b, 0xcf, 0x65, 0x09, 0xa7,
    0xf3, 0x97, 0x89, 0xf5, 0x15, 0xab, 0x8f, 0x92, 0xdd, 0xbc, 0xbd, 0x41, 0x4d, 0x94, 0x0e, 0x93,
    0x32, 0xc4, 0xae, 0x2c, 0x1f, 0x19, 0x81, 0x19, 0x5f, 0x99, 0x04, 0x46, 0x6a, 0x39, 0xc9, 0x94,
    0x8f, 0xe3, 0x0b, 0xbf, 0xf2, 0x66, 0x0b, 0xe1, 0x71, 0x5a, 0x45, 0x89, 0x33, 0x4c, 0x74, 0xc7,
    0xbc, 0x37, 0x36, 0xa2, 0xf4, 0xf6, 0x77, 0x9c, 0x59, 0xbd, 0xce, 0xe3, 0x6b, 0x69, 0x21, 0x53,
    0xd0, 0xa9, 0x87, 0x7c, 0xc6, 0x2a, 0x47, 0x40, 0x02, 0xdf, 0x32, 0xe5, 0x21, 0x39, 0xf0, 0xa0,
};

static bool coordinate(const EVP_PKEY *key, const char *name, uint8_t out[FIELD_LEN])
{
    BIGNUM *v = NULL;
    bool ok =
        EVP_PKEY_get_bn_param(key, name, &v) == 1 && BN_bn2binpad(v, out, FIELD_LEN) == FIELD_LEN;
    BN_free(v);
    return ok;
}

enum err sm2_z(const EVP_PKEY *key, uint8_t z[DIGEST_LEN])
{
    memset(z, 0, DIGEST_LEN);
    if (!EVP_PKEY_is_a(key, "SM2"))
        return cause_take(E_KEY_TYPE);
    size_t id = strlen(SM2_ID);
    uint8_t in[2 + sizeof SM2_ID - 1 + sizeof curve + 2 * FIELD_LEN];
    in[0] = (uint8_t)(8 * id >> 8);
    in[1] = (uint8_t)(8 * id);
    memcpy(in + 2, SM2_ID, id);
    memcpy(in + 2 + id, curve, sizeof curve);
    uint8_t *point = in + 2 + id + sizeof curve;
    if (!coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X, point) ||
        !coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y, point + FIELD_LEN)) {
        ERR_clear_error();
        return E_CRYPTO;
    }
    return digest_bytes(DIGEST_SM3, in, sizeof in, z);
}

enum err sm2_digest(const uint8_t z[DIGEST_LEN], struct span message, uint8_t e[DIGEST_LEN])
{
    memset(e, 0, DIGEST_LEN);
    struct digest *sm3 = NULL;
    enum err err = digest_new(DIGEST_SM3, &sm3);
    if (err == E_OK)
        err = digest_update(sm3, z, DIGEST_LEN);
    if (err == E_OK && message.n > 0)
        err = digest_update(sm3, message.p, message.n);
    if (err == E_OK)
        err = digest_final(sm3, e);
    digest_free(sm3);
    return err;
}

/* A number as SM2 has them: positive and at most 32 bytes long without its sign. */
static bool take_number(struct span *in, struct span *out)
{
    struct der e;
    if (!der_take(in, DER_INTEGER, &e) || e.body.n == 0 || (e.body.p[0] & 0x80) != 0)
        return false;
    *out = e.body;
    if (out->p[0] == 0) {
        out->p++;
        out->n--;
    }
    return out->n > 0 && out->n <= FIELD_LEN && out->p[0] != 0;
}

static bool is_zero(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != 0)
            return false;
    return true;
}

enum err sm2_signature_normalise(struct span answer, struct buf *out)
{
    struct span r, s;
    bool raw = answer.n == 2 * FIELD_LEN;
    if (raw) {
        r = (struct span){answer.p, FIELD_LEN};
        s = (struct span){answer.p + FIELD_LEN, FIELD_LEN};
        if (is_zero(r) || is_zero(s))
            return E_SIGNATURE_BAD;
    } else {
        struct span in = answer;
        struct der e;
        if (!der_take(&in, DER_SEQUENCE, &e) || in.n != 0)
            return E_SIGNATURE_BAD;
        in = e.body;
        if (!take_number(&in, &r) || !take_number(&in, &s) || in.n != 0)
            return E_SIGNATURE_BAD;
    }
    struct buf body = {0}, der = {0};
    der_put_unsigned(&body, r);
    der_put_unsigned(&body, s);
    der_put(&der, DER_SEQUENCE, buf_span(&body));
    enum err e = buf_err(&body) != E_OK ? E_NO_MEMORY : buf_err(&der);
    /* Writing it again is what proves that the numbers were minimal. */
    if (e == E_OK && !raw && !der_same(buf_span(&der), answer))
        e = E_SIGNATURE_BAD;
    if (e == E_OK) {
        buf_append(out, der.data, der.len);
        e = buf_err(out);
    }
    buf_free(&body);
    buf_free(&der);
    return e;
}
