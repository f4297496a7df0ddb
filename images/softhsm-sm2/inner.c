/*
 * The inner library: stands between libsofthsm2.so and libcrypto and answers ECDSA_do_sign.
 *
 * SoftHSM signs with an EC key by calling ECDSA_do_sign through the dynamic linker. This library
 * defines that name. For a key on the SM2 curve it makes an SM2 signature with OpenSSL's own SM2;
 * for every other key it goes on to OpenSSL's ECDSA. The key stays inside SoftHSM's process memory
 * as it does without this library: nothing here stores or exports it.
 *
 * Which mechanism the caller asked for is the outer module's business: it lets no ECDSA mechanism
 * through for an SM2 key.
 */
/* SoftHSM hands over an EC_KEY, so the deprecated EC_KEY functions are the only way in. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "inner.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#define EXPORT __attribute__((visibility("default")))

/* SEQUENCE{r, s} of two 32-byte numbers is at most 72 bytes; EVP_PKEY_sign fails on less room. */
#define MAX_DER_SIGNATURE 128

EXPORT inner_bad_length_fn softhsm_sm2_inner_bad_length;
EXPORT inner_is_sm2_fn softhsm_sm2_inner_is_sm2;
EXPORT ECDSA_SIG *ECDSA_do_sign(const unsigned char *dgst, int dgst_len, EC_KEY *eckey);

static _Thread_local bool bad_length;

bool softhsm_sm2_inner_bad_length(void)
{
    bool was = bad_length;

    bad_length = false;
    return was;
}

bool softhsm_sm2_inner_is_sm2(const unsigned char *params, size_t len)
{
    EC_GROUP *group = NULL;
    bool sm2 = false;

    if (params == NULL || len == 0 || len > 4096)
        return false;
    group = d2i_ECPKParameters(NULL, &params, (long)len);
    if (group != NULL)
        sm2 = EC_GROUP_get_curve_name(group) == NID_sm2;
    EC_GROUP_free(group);
    return sm2;
}

/*
 * Signs the INNER_E_SIZE bytes at `e` with the private key in `eckey`: EVP_PKEY_sign on an SM2 key
 * takes its input as e itself. Returns a signature the caller frees, or NULL.
 */
static ECDSA_SIG *sm2_sign(const unsigned char *e, EC_KEY *eckey)
{
    unsigned char der[MAX_DER_SIGNATURE];
    const unsigned char *p = der;
    size_t len = sizeof(der);
    EVP_PKEY_CTX *ctx = NULL;
    ECDSA_SIG *sig = NULL;
    EVP_PKEY *pkey = EVP_PKEY_new();

    if (pkey == NULL || EVP_PKEY_set1_EC_KEY(pkey, eckey) != 1)
        goto out;
    /* OpenSSL chooses the type by the curve; any other type would mean an ECDSA signature. */
    if (!EVP_PKEY_is_a(pkey, "SM2"))
        goto out;
    ctx = EVP_PKEY_CTX_new(pkey, NULL);
    if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1)
        goto out;
    if (EVP_PKEY_sign(ctx, der, &len, e, INNER_E_SIZE) != 1)
        goto out;
    sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
out:
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    return sig;
}

ECDSA_SIG *ECDSA_do_sign(const unsigned char *dgst, int dgst_len, EC_KEY *eckey)
{
    const EC_GROUP *group = eckey == NULL ? NULL : EC_KEY_get0_group(eckey);

    /* ECDSA_do_sign is documented as ECDSA_do_sign_ex without precomputed values. Calling that
     * one needs no search for "the next ECDSA_do_sign", which depends on how we were loaded. */
    if (group == NULL || EC_GROUP_get_curve_name(group) != NID_sm2)
        return ECDSA_do_sign_ex(dgst, dgst_len, NULL, NULL, eckey);
    bad_length = dgst_len != INNER_E_SIZE;
    if (bad_length)
        return NULL;
    return sm2_sign(dgst, eckey);
}
