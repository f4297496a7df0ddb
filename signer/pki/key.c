#include "pki/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <string.h>

#include "pki/cause.h"
#include "pki/der.h"

#define RSA_EXPONENT_BITS_MAX 64
#define RSA_BITS_MAX 8192 /* bounds the work that a stranger's key can ask for */
#define SKI_LEN 20

#define BYTES(...) {(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})}
#define ID_EC 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01
#define ID_SM2 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d

static const struct span rsa_identifier =
    BYTES(0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00);

/* SubjectPublicKeyInfo's algorithm for each curve. The first row of a kind is the standard form. */
static const struct curve {
    enum key_kind kind;
    int bits;
    const char *type;
    const char *group;
    struct span identifier;
} curves[] = {
    {KEY_SM2, 256, "SM2", "SM2", BYTES(0x30, 0x13, ID_EC, ID_SM2)},
    {KEY_P256, 256, "EC", "P-256",
     BYTES(0x30, 0x13, ID_EC, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07)},
    {KEY_P384, 384, "EC", "P-384",
     BYTES(0x30, 0x10, ID_EC, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22)},
    {KEY_SM2, 256, "SM2", "SM2",
     BYTES(0x30, 0x14, ID_SM2, ID_SM2)}, /* the curve as the algorithm too */
};
#define CURVES (sizeof curves / sizeof curves[0])

static const struct curve *curve_of(struct span identifier)
{
    for (size_t i = 0; i < CURVES; i++)
        if (der_same(identifier, curves[i].identifier))
            return &curves[i];
    return NULL;
}

static struct span standard_identifier(enum key_kind kind)
{
    for (size_t i = 0; i < CURVES; i++)
        if (curves[i].kind == kind)
            return curves[i].identifier;
    return rsa_identifier;
}

/* Make what these parameters describe: a public key, or a key that has but its curve. */
static enum err from_params(const char *type, OSSL_PARAM *params, int selection, EVP_PKEY **out)
{
    *out = NULL;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    bool made = c != NULL && EVP_PKEY_fromdata_init(c) == 1 && EVP_PKEY_fromdata(c, out, selection, params) == 1;
    if (!made)
        *out = NULL;
    EVP_PKEY_CTX_free(c);
    return made ? E_OK : cause_take(E_CRYPTO);
}

/* A key without its point for each row of `curves`, made once and kept to the end: to set up a curve takes OpenSSL far
 * longer than to copy one. */
static EVP_PKEY *pointless[CURVES];
static pthread_once_t pointless_once = PTHREAD_ONCE_INIT;

static void make_pointless(void)
{
    for (size_t i = 0; i < CURVES; i++) {
        OSSL_PARAM params[] = {
            OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)curves[i].group, 0),
            OSSL_PARAM_construct_end(),
        };
        enum err e = from_params(curves[i].type, params, EVP_PKEY_KEY_PARAMETERS, &pointless[i]);
        (void)e; /* whoever copies it sees that it is not there */
    }
}

/* The key on this curve with this point, in the uncompressed form; E_KEY_POINT when it is none of the curve's. */
static enum err with_point(const struct curve *curve, struct span point, EVP_PKEY **out)
{
    enum err e = E_OK;
    pthread_once(&pointless_once, make_pointless);
    EVP_PKEY *bare = pointless[curve - curves];
    *out = bare != NULL ? EVP_PKEY_dup(bare) : NULL;
    if (*out == NULL)
        return cause_take(E_CRYPTO);
    if (EVP_PKEY_set1_encoded_public_key(*out, point.p, point.n) != 1) {
        e = cause_take(E_KEY_POINT);
        EVP_PKEY_free(*out);
        *out = NULL;
    }
    return e;
}

static enum err read_point(const struct curve *curve, struct span point, struct key *out,
                           struct diag *d)
{
    size_t field = (size_t)curve->bits / 8;
    if (point.n == 1 && point.p[0] == 0)
        return diag_set(d, E_KEY_POINT, "the point at infinity");
    /* RFC 5480 2.2: compressed points are optional, and a second form of one key would be a second
     * key in the index. */
    if (point.n != 1 + 2 * field || point.p[0] != 0x04)
        return diag_set(d, E_KEY_TYPE, "the point is not in the uncompressed form");
    out->kind = curve->kind;
    out->bits = curve->bits;
    enum err e = with_point(curve, point, &out->pkey);
    return e == E_OK ? E_OK : diag_set(d, e, "%s", alg_key_name(curve->kind));
}

static enum err rsa_from(const BIGNUM *n, const BIGNUM *x, EVP_PKEY **out)
{
    enum err e = E_OK;
    OSSL_PARAM *params = NULL;
    *out = NULL;
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    if (b != NULL && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, x) == 1)
        params = OSSL_PARAM_BLD_to_param(b);
    if (params != NULL)
        e = from_params("RSA", params, EVP_PKEY_PUBLIC_KEY, out);
    else
        e = b == NULL ? E_NO_MEMORY : cause_take(E_CRYPTO);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(b);
    return e;
}

/* RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } (RFC 8017 A.1.1), both
 * positive. */
static enum err read_rsa(struct span der, struct key *out, struct diag *d)
{
    struct der sequence, modulus, exponent;
    if (!der_take(&der, DER_SEQUENCE, &sequence) || der.n != 0)
        return diag_set(d, E_CSR_FORMAT, "the RSA public key");
    struct span in = sequence.body;
    if (!der_take(&in, DER_INTEGER, &modulus) || !der_take(&in, DER_INTEGER, &exponent) ||
        in.n != 0 || modulus.body.n == 0 || exponent.body.n == 0 ||
        ((modulus.body.p[0] | exponent.body.p[0]) & 0x80) != 0)
        return diag_set(d, E_CSR_FORMAT, "the RSA public key");
    if (modulus.body.n > RSA_BITS_MAX / 8 + 1 || exponent.body.n > RSA_BITS_MAX / 8 + 1)
        return diag_set(d, E_KEY_SIZE, "RSA with more than %d bits", RSA_BITS_MAX);
    enum err e = E_OK;
    BIGNUM *n = BN_bin2bn(modulus.body.p, (int)modulus.body.n, NULL);
    BIGNUM *x = BN_bin2bn(exponent.body.p, (int)exponent.body.n, NULL);
    if (n == NULL || x == NULL)
        e = diag_set(d, E_NO_MEMORY, "an RSA key");
    else if (BN_num_bits(n) > RSA_BITS_MAX)
        e = diag_set(d, E_KEY_SIZE, "RSA with %d bits, more than %d", BN_num_bits(n), RSA_BITS_MAX);
    else if (BN_num_bits(x) > RSA_EXPONENT_BITS_MAX) /* before anything is verified with it: that costs as much */
        e = diag_set(d, E_KEY_EXPONENT, "an exponent of %d bits", BN_num_bits(x));
    else if (BN_is_zero(n) || BN_is_zero(x))
        e = diag_set(d, E_CSR_FORMAT, "the RSA public key has a number that is 0");
    else {
        out->kind = KEY_RSA;
        out->bits = BN_num_bits(n);
        e = rsa_from(n, x, &out->pkey);
        if (e != E_OK)
            diag_set(d, e, "an RSA key of %d bits", out->bits);
    }
    BN_free(n);
    BN_free(x);
    return e;
}

/* RSAPublicKey again, from the numbers that OpenSSL took. */
static enum err write_rsa(const EVP_PKEY *key, struct buf *out)
{
    struct buf body = {0};
    enum err e = E_CRYPTO;
    for (int i = 0; i < 2; i++) {
        uint8_t number[RSA_BITS_MAX / 8];
        BIGNUM *v = NULL;
        if (EVP_PKEY_get_bn_param(key, i == 0 ? OSSL_PKEY_PARAM_RSA_N : OSSL_PKEY_PARAM_RSA_E,
                                  &v) != 1)
            goto out;
        int n = BN_num_bytes(v) <= (int)sizeof number ? BN_bn2bin(v, number) : -1;
        BN_free(v);
        if (n < 0)
            goto out;
        der_put_unsigned(&body, (struct span){number, (size_t)n});
    }
    der_put(out, DER_SEQUENCE, buf_span(&body));
    e = buf_err(&body) != E_OK ? E_NO_MEMORY : buf_err(out);
out:
    buf_free(&body);
    return e;
}

/* The BIT STRING's content of the standard form, made from the key alone. */
static enum err write_public(const struct key *k, struct buf *out)
{
    if (k->kind == KEY_RSA)
        return write_rsa(k->pkey, out);
    uint8_t point[1 + 2 * 48];
    size_t n = 0;
    if (EVP_PKEY_get_octet_string_param(k->pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point,
                                        &n) != 1)
        return E_CRYPTO;
    buf_append(out, point, n);
    return buf_err(out);
}

static enum err write_spki(struct span identifier, struct span public, struct buf *out)
{
    struct buf bits = {0};
    der_put_header(&bits, DER_BIT_STRING, public.n + 1);
    buf_append_byte(&bits, 0); /* no unused bits */
    buf_append(&bits, public.p, public.n);
    der_put_header(out, DER_SEQUENCE, identifier.n + bits.len);
    buf_append(out, identifier.p, identifier.n);
    buf_append(out, bits.data, bits.len);
    enum err e = buf_err(&bits) != E_OK ? E_NO_MEMORY : buf_err(out);
    buf_free(&bits);
    return e;
}

/* Write the key from its numbers, once in the standard form and once under the identifier that it
 * came with; the latter must be the bytes that were read. That proves that nothing was passed over
 * and that the key has this one form. */
static enum err finish(struct key *k, struct span identifier, struct span der, struct diag *d)
{
    struct buf public = {0}, again = {0};
    unsigned n = 0;
    enum err e = write_public(k, &public);
    if (e == E_OK)
        e = write_spki(standard_identifier(k->kind), buf_span(&public), &k->spki);
    if (e == E_OK)
        e = write_spki(identifier, buf_span(&public), &again);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, k->spki.data, k->spki.len, k->digest);
    if (e == E_OK &&
        (EVP_Digest(public.data, public.len, k->ski, &n, EVP_sha1(), NULL) != 1 || n != SKI_LEN))
        e = E_CRYPTO;
    if (e != E_OK)
        diag_set(d, e, "a public key");
    else if (!der_same(buf_span(&again), der))
        e = diag_set(d, E_CSR_FORMAT, "the public key is not in DER");
    buf_free(&public);
    buf_free(&again);
    return e;
}

enum err key_from_spki(struct span der, struct key *out, struct diag *d)
{
    *out = (struct key){0};
    struct span in = der, public;
    struct der spki, algorithm, bits;
    if (!der_check(der) || !der_take(&in, DER_SEQUENCE, &spki))
        return diag_set(d, E_CSR_FORMAT, "the public key is not a SubjectPublicKeyInfo in DER");
    in = spki.body;
    if (!der_take(&in, DER_SEQUENCE, &algorithm) || !der_take(&in, DER_BIT_STRING, &bits) ||
        in.n != 0)
        return diag_set(d, E_CSR_FORMAT, "the public key is not a SubjectPublicKeyInfo");
    const struct curve *curve = curve_of(algorithm.whole);
    if (curve == NULL && !der_same(algorithm.whole, rsa_identifier))
        return diag_set(d, E_KEY_TYPE, "neither RSA nor a named curve among SM2, P-256 and P-384");
    if (!der_bits(&bits, &public))
        return diag_set(d, E_CSR_FORMAT, "the public key's BIT STRING has unused bits");
    enum err e = curve != NULL ? read_point(curve, public, out, d) : read_rsa(public, out, d);
    if (e == E_OK)
        e = finish(out, algorithm.whole, der, d);
    if (e != E_OK)
        key_free(out);
    return e;
}

enum err key_from_pkey(EVP_PKEY *pkey, struct key *out, struct diag *d)
{
    *out = (struct key){0};
    uint8_t *der = NULL;
    int n = i2d_PUBKEY(pkey, &der);
    if (n <= 0)
        return diag_set(d, cause_take(E_KEY_TYPE), "the key has no public form");
    enum err e = key_from_spki((struct span){der, (size_t)n}, out, d);
    OPENSSL_free(der);
    return e;
}

void key_free(struct key *k)
{
    EVP_PKEY_free(k->pkey);
    buf_free(&k->spki);
    *k = (struct key){0};
}
