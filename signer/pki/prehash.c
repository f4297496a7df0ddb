#include "pki/prehash.h"

#include <stdlib.h>

#include "pki/cause.h"
#include "pki/sm2.h"

struct prehash {
    enum sig_alg alg;
    EVP_MD *md;
    EVP_MD_CTX *ctx;
};

enum err prehash_new(enum sig_alg alg, const EVP_PKEY *key, struct prehash **out)
{
    uint8_t z[DIGEST_LEN];
    *out = NULL;
    struct prehash *p = calloc(1, sizeof *p);
    if (p == NULL)
        return E_NO_MEMORY;
    p->alg = alg;
    p->md = EVP_MD_fetch(NULL, alg_sig_md(alg), NULL);
    p->ctx = EVP_MD_CTX_new();
    enum err e = p->md == NULL || p->ctx == NULL || EVP_DigestInit_ex(p->ctx, p->md, NULL) != 1 ? cause_take(E_CRYPTO) : E_OK;
    if (e == E_OK && alg_sig_key(alg) == KEY_SM2)
        e = sm2_z(key, z);
    if (e == E_OK && alg_sig_key(alg) == KEY_SM2)
        e = prehash_update(p, z, sizeof z);
    if (e == E_OK)
        *out = p;
    else
        prehash_free(p);
    return e;
}

enum err prehash_update(struct prehash *p, const void *bytes, size_t n)
{
    return EVP_DigestUpdate(p->ctx, bytes, n) == 1 ? E_OK : cause_take(E_CRYPTO);
}

enum err prehash_final(struct prehash *p, struct prehash_value *out)
{
    uint8_t bytes[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    *out = (struct prehash_value){.alg = p->alg};
    if (EVP_DigestFinal_ex(p->ctx, bytes, &n) != 1 || n > sizeof out->bytes)
        return cause_take(E_CRYPTO);
    for (unsigned i = 0; i < n; i++)
        out->bytes[i] = bytes[i];
    out->n = n;
    return E_OK;
}

void prehash_free(struct prehash *p)
{
    if (p == NULL)
        return;
    EVP_MD_CTX_free(p->ctx);
    EVP_MD_free(p->md);
    free(p);
}
