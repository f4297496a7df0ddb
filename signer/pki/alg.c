#include "pki/alg.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "pki/cause.h"
#include "pki/der.h"

struct row {
    const char *name;
    const char *md;
    enum key_kind key;
    int pss_salt; /* bytes; 0 when the padding is not PSS */
    struct span identifier;
};

#define BYTES(...) {(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})}

/* AlgorithmIdentifier { oid, NULL } and { oid }, for OIDs of nine and eight octets. */
#define PKCS1(last)                                                                                \
    BYTES(0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last, 0x05, 0x00)
#define ECDSA(last) BYTES(0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, last)
#define SM2_SM3 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75

/* The hash's AlgorithmIdentifier carries NULL (RFC 4055 2.1: both forms are right, OpenSSL writes
 * this one); the trailer field has its default value and so is left out. */
#define HASH(last)                                                                                 \
    0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last, 0x05, 0x00
#define ID_PSS 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a
#define ID_MGF1 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08
#define PSS(last, salt)                                                                            \
    BYTES(0x30, 0x41, ID_PSS, 0x30, 0x34,              /* RSASSA-PSS-params: */                    \
          0xa0, 0x0f, HASH(last),                      /* hashAlgorithm */                         \
          0xa1, 0x1c, 0x30, 0x1a, ID_MGF1, HASH(last), /* maskGenAlgorithm */                      \
          0xa2, 0x03, 0x02, 0x01, salt)                /* saltLength */

static const struct row rows[SIG_ALG_COUNT] = {
    [SIG_SM2_SM3] = {"sm2-sm3", "SM3", KEY_SM2, 0, BYTES(0x30, 0x0c, SM2_SM3, 0x05, 0x00)},
    [SIG_RSA_SHA256] = {"rsa-sha256", "SHA256", KEY_RSA, 0, PKCS1(0x0b)},
    [SIG_RSA_SHA384] = {"rsa-sha384", "SHA384", KEY_RSA, 0, PKCS1(0x0c)},
    [SIG_PSS_SHA256] = {"rsa-pss-sha256", "SHA256", KEY_RSA, 32, PSS(0x01, 0x20)},
    [SIG_PSS_SHA384] = {"rsa-pss-sha384", "SHA384", KEY_RSA, 48, PSS(0x02, 0x30)},
    [SIG_ECDSA_SHA256] = {"ecdsa-sha256", "SHA256", KEY_P256, 0, ECDSA(0x02)},
    [SIG_ECDSA_SHA384] = {"ecdsa-sha384", "SHA384", KEY_P384, 0, ECDSA(0x03)},
};

static const struct span sm2_without_null = BYTES(0x30, 0x0a, SM2_SM3);

static const struct {
    const char *name;
    const char *type;  /* OpenSSL's name of the key type */
    const char *group; /* OpenSSL's name of the curve; NULL when the type says it all */
} kinds[] = {
    [KEY_SM2] = {"sm2", "SM2", NULL},
    [KEY_P256] = {"p256", "EC", "prime256v1"},
    [KEY_P384] = {"p384", "EC", "secp384r1"},
    [KEY_RSA] = {"rsa", "RSA", NULL},
};

const char *alg_key_name(enum key_kind kind)
{
    return kinds[kind].name;
}

bool alg_key_by_name(const char *name, enum key_kind *kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, name) == 0) {
            *kind = (enum key_kind)i;
            return true;
        }
    return false;
}

const char *alg_sig_name(enum sig_alg alg)
{
    return rows[alg].name;
}

bool alg_sig_by_name(const char *name, enum sig_alg *alg)
{
    for (int i = 0; i < SIG_ALG_COUNT; i++)
        if (strcmp(rows[i].name, name) == 0) {
            *alg = (enum sig_alg)i;
            return true;
        }
    return false;
}

enum key_kind alg_sig_key(enum sig_alg alg)
{
    return rows[alg].key;
}

const char *alg_sig_md(enum sig_alg alg)
{
    return rows[alg].md;
}

struct span alg_identifier(enum sig_alg alg, bool sm2_null)
{
    return alg == SIG_SM2_SM3 && !sm2_null ? sm2_without_null : rows[alg].identifier;
}

enum err alg_from_identifier(struct span der, enum sig_alg *alg)
{
    *alg = SIG_SM2_SM3;
    if (der_same(der, sm2_without_null))
        return E_OK;
    for (int i = 0; i < SIG_ALG_COUNT; i++)
        if (der_same(der, rows[i].identifier)) {
            *alg = (enum sig_alg)i;
            return E_OK;
        }
    return E_CSR_ALGORITHM;
}

static bool key_fits(EVP_PKEY *key, enum key_kind kind)
{
    if (!EVP_PKEY_is_a(key, kinds[kind].type))
        return false;
    if (kinds[kind].group == NULL)
        return true;
    char group[32];
    return EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
           strcmp(group, kinds[kind].group) == 0;
}

/* The two contexts of one signature. OpenSSL leaves a key context that it was given to its owner. */
struct contexts {
    EVP_MD_CTX *md;
    EVP_PKEY_CTX *key;
};

static void contexts_free(struct contexts *c)
{
    EVP_MD_CTX_free(c->md);
    EVP_PKEY_CTX_free(c->key);
    ERR_clear_error();
}

static bool set_pss(const struct row *row, EVP_PKEY_CTX *c)
{
    return row->pss_salt == 0 || (EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING) == 1 &&
                                  EVP_PKEY_CTX_set_rsa_pss_saltlen(c, row->pss_salt) == 1);
}

static enum err contexts_new(const struct row *row, EVP_PKEY *key, bool sign, struct contexts *c)
{
    *c = (struct contexts){.md = EVP_MD_CTX_new(),
                           .key = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL)};
    if (c->md == NULL || c->key == NULL)
        return E_CRYPTO;
    /* The ID must be set before the digest starts, for Z is hashed first. */
    if (row->key == KEY_SM2 && EVP_PKEY_CTX_set1_id(c->key, SM2_ID, (int)strlen(SM2_ID)) != 1)
        return E_CRYPTO;
    EVP_MD_CTX_set_pkey_ctx(c->md, c->key);
    int ok = sign ? EVP_DigestSignInit_ex(c->md, NULL, row->md, NULL, NULL, key, NULL)
                  : EVP_DigestVerifyInit_ex(c->md, NULL, row->md, NULL, NULL, key, NULL);
    return ok == 1 && set_pss(row, c->key) ? E_OK : E_CRYPTO;
}

enum err alg_verify(enum sig_alg alg, EVP_PKEY *key, struct span message, struct span signature)
{
    const struct row *row = &rows[alg];
    if (!key_fits(key, row->key))
        return cause_take(E_SIGNATURE_BAD);
    struct contexts c;
    enum err e = contexts_new(row, key, false, &c);
    if (e != E_OK)
        goto out;
    /* OpenSSL answers 0 to a wrong signature and a negative number to one that is malformed. */
    if (EVP_DigestVerify(c.md, signature.p, signature.n, message.p, message.n) != 1)
        e = cause_take(E_SIGNATURE_BAD);
out:
    contexts_free(&c);
    return e;
}

struct alg_verifier {
    struct contexts c;
};

enum err alg_verify_begin(enum sig_alg alg, EVP_PKEY *key, struct alg_verifier **out)
{
    const struct row *row = &rows[alg];
    *out = NULL;
    if (!key_fits(key, row->key))
        return cause_take(E_SIGNATURE_BAD);
    struct alg_verifier *v = calloc(1, sizeof *v);
    if (v == NULL)
        return E_NO_MEMORY;
    enum err e = contexts_new(row, key, false, &v->c);
    if (e == E_OK)
        *out = v;
    else
        alg_verify_free(v);
    return e;
}

enum err alg_verify_update(struct alg_verifier *v, const void *p, size_t n)
{
    return EVP_DigestVerifyUpdate(v->c.md, p, n) == 1 ? E_OK : cause_take(E_CRYPTO);
}

enum err alg_verify_end(struct alg_verifier *v, struct span signature)
{
    return EVP_DigestVerifyFinal(v->c.md, signature.p, signature.n) == 1 ? E_OK : cause_take(E_SIGNATURE_BAD);
}

void alg_verify_free(struct alg_verifier *v)
{
    if (v == NULL)
        return;
    contexts_free(&v->c);
    free(v);
}

/* SM2 in OpenSSL takes 32 bytes given to EVP_PKEY_verify() as e itself; RSA needs to know the hash for its padding. */
enum err alg_verify_digest(enum sig_alg alg, EVP_PKEY *key, struct span digest, struct span signature)
{
    const struct row *row = &rows[alg];
    EVP_MD *md = EVP_MD_fetch(NULL, row->md, NULL);
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    enum err e = E_CRYPTO;
    if (md == NULL || c == NULL || EVP_PKEY_verify_init(c) != 1)
        goto out;
    e = E_SIGNATURE_BAD;
    if (!key_fits(key, row->key) || digest.n != (size_t)EVP_MD_get_size(md))
        goto out;
    if (row->key == KEY_RSA && (EVP_PKEY_CTX_set_signature_md(c, md) != 1 || !set_pss(row, c))) {
        e = E_CRYPTO;
        goto out;
    }
    if (EVP_PKEY_verify(c, signature.p, signature.n, digest.p, digest.n) == 1)
        e = E_OK;
out:
    if (e != E_OK)
        e = cause_take(e);
    EVP_PKEY_CTX_free(c);
    EVP_MD_free(md);
    ERR_clear_error();
    return e;
}

enum err alg_sign(enum sig_alg alg, EVP_PKEY *key, struct span message, struct buf *out)
{
    const struct row *row = &rows[alg];
    if (!key_fits(key, row->key))
        return cause_take(E_PRIVATE_KEY);
    uint8_t *signature = NULL;
    size_t n = 0;
    struct contexts c;
    enum err e = contexts_new(row, key, true, &c);
    if (e != E_OK)
        goto out;
    e = E_CRYPTO;
    if (EVP_DigestSign(c.md, NULL, &n, message.p, message.n) != 1)
        goto out;
    signature = OPENSSL_malloc(n);
    if (signature == NULL) {
        e = E_NO_MEMORY;
        goto out;
    }
    if (EVP_DigestSign(c.md, signature, &n, message.p, message.n) != 1)
        goto out;
    buf_append(out, signature, n);
    e = buf_err(out);
out:
    OPENSSL_free(signature);
    contexts_free(&c);
    return e;
}
