#include "core/digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct digest {
    EVP_MD_CTX *ctx;
    const EVP_MD *md;
};

/* Fetched once and kept to the end: OpenSSL looks EVP_sha256() up anew for every digest, which takes longer than the
 * digest of a short line. */
static EVP_MD *fetched[DIGEST_SM3 + 1];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    fetched[DIGEST_SHA256] = EVP_MD_fetch(NULL, "SHA256", NULL);
    fetched[DIGEST_SM3] = EVP_MD_fetch(NULL, "SM3", NULL);
}

/* NULL, with which the digest fails, when OpenSSL has none. */
static const EVP_MD *md_of(enum digest_alg alg)
{
    pthread_once(&once, fetch);
    return fetched[alg];
}

const char *digest_name(enum digest_alg alg)
{
    return alg == DIGEST_SM3 ? "sm3" : "sha256";
}

bool digest_by_name(const char *name, enum digest_alg *alg)
{
    *alg = strcmp(name, "sm3") == 0 ? DIGEST_SM3 : DIGEST_SHA256;
    return strcmp(name, digest_name(*alg)) == 0;
}

enum err digest_bytes(enum digest_alg alg, const void *p, size_t n, uint8_t out[DIGEST_LEN])
{
    memset(out, 0, DIGEST_LEN);
    const EVP_MD *md = md_of(alg);
    return md != NULL && EVP_Digest(p, n, out, NULL, md, NULL) == 1 ? E_OK : E_CRYPTO;
}

enum err digest_new(enum digest_alg alg, struct digest **out)
{
    *out = NULL;
    enum err e = E_OK;
    struct digest *d = calloc(1, sizeof *d);
    if (d == NULL)
        return E_NO_MEMORY;
    d->md = md_of(alg);
    d->ctx = EVP_MD_CTX_new();
    if (d->ctx == NULL) {
        e = E_NO_MEMORY;
        goto out;
    }
    if (d->md == NULL || EVP_DigestInit_ex(d->ctx, d->md, NULL) != 1) {
        e = E_CRYPTO;
        goto out;
    }
    *out = d;
    d = NULL;
out:
    digest_free(d);
    return e;
}

enum err digest_update(struct digest *d, const void *p, size_t n)
{
    return EVP_DigestUpdate(d->ctx, p, n) == 1 ? E_OK : E_CRYPTO;
}

enum err digest_final(struct digest *d, uint8_t out[DIGEST_LEN])
{
    memset(out, 0, DIGEST_LEN);
    if (EVP_DigestFinal_ex(d->ctx, out, NULL) != 1 || EVP_DigestInit_ex(d->ctx, d->md, NULL) != 1)
        return E_CRYPTO;
    return E_OK;
}

void digest_free(struct digest *d)
{
    if (d == NULL)
        return;
    EVP_MD_CTX_free(d->ctx);
    free(d);
}

void hex_encode(const uint8_t *p, size_t n, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
    out[2 * n] = '\0';
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool hex_decode(const char *s, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int high = nibble(s[2 * i]);
        int low = high < 0 ? -1 : nibble(s[2 * i + 1]);
        if (low < 0) {
            memset(out, 0, n);
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    if (s[2 * n] == '\0')
        return true;
    memset(out, 0, n);
    return false;
}
