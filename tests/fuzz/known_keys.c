/* Reading a public key costs OpenSSL 3.0 more than reading the certificate around it, and most inputs have a key that was
 * there before. The linker puts these in front of OpenSSL's decoder, and for the very same bytes the same key, or none, is
 * given again; all others are decoded as ever. */
#include <openssl/decoder.h>
#include <openssl/evp.h>
#include <string.h>

#include "fuzz.h"

#define KNOWN 1024

OSSL_DECODER_CTX *__real_OSSL_DECODER_CTX_new_for_pkey(EVP_PKEY **pkey, const char *input, const char *structure,
                                                       const char *type, int selection, OSSL_LIB_CTX *libctx,
                                                       const char *query);
OSSL_DECODER_CTX *__wrap_OSSL_DECODER_CTX_new_for_pkey(EVP_PKEY **pkey, const char *input, const char *structure,
                                                       const char *type, int selection, OSSL_LIB_CTX *libctx,
                                                       const char *query);
int __real_OSSL_DECODER_from_data(OSSL_DECODER_CTX *ctx, const unsigned char **data, size_t *n);
int __wrap_OSSL_DECODER_from_data(OSSL_DECODER_CTX *ctx, const unsigned char **data, size_t *n);
void __real_OSSL_DECODER_CTX_free(OSSL_DECODER_CTX *ctx);
void __wrap_OSSL_DECODER_CTX_free(OSSL_DECODER_CTX *ctx);

/* What a decoder was asked for; OpenSSL holds its address for the decoder. It has one at a time. */
static struct asked {
    EVP_PKEY **pkey;
    const char *input, *structure, *type, *query;
    int selection;
    OSSL_LIB_CTX *libctx;
} asked;
static OSSL_DECODER_CTX *const ours = (OSSL_DECODER_CTX *)&asked;

static struct known {
    bool there;
    EVP_PKEY *key; /* NULL: the bytes are no key */
    unsigned char bytes[640];
    size_t n;
} known[KNOWN];

static struct known *place(const unsigned char *bytes, size_t n)
{
    return &known[fuzz_hash((struct span){bytes, n}) % KNOWN];
}

OSSL_DECODER_CTX *__wrap_OSSL_DECODER_CTX_new_for_pkey(EVP_PKEY **pkey, const char *input, const char *structure,
                                                       const char *type, int selection, OSSL_LIB_CTX *libctx,
                                                       const char *query)
{
    if (input == NULL || strcmp(input, "DER") != 0 || structure == NULL || strcmp(structure, "SubjectPublicKeyInfo") != 0 ||
        *pkey != NULL)
        return __real_OSSL_DECODER_CTX_new_for_pkey(pkey, input, structure, type, selection, libctx, query);
    asked = (struct asked){pkey, input, structure, type, query, selection, libctx};
    return ours;
}

static int decode(const struct asked *a, const unsigned char **data, size_t *n)
{
    OSSL_DECODER_CTX *real = __real_OSSL_DECODER_CTX_new_for_pkey(a->pkey, a->input, a->structure, a->type, a->selection,
                                                                 a->libctx, a->query);
    int good = real != NULL ? __real_OSSL_DECODER_from_data(real, data, n) : 0;
    __real_OSSL_DECODER_CTX_free(real);
    return good;
}

static void note(struct known *k, const unsigned char *bytes, size_t n, EVP_PKEY *key)
{
    if (n > sizeof k->bytes || (key != NULL && EVP_PKEY_up_ref(key) != 1))
        return;
    EVP_PKEY_free(k->key);
    k->there = true;
    k->key = key;
    k->n = n;
    memcpy(k->bytes, bytes, n);
}

int __wrap_OSSL_DECODER_from_data(OSSL_DECODER_CTX *ctx, const unsigned char **data, size_t *n)
{
    if (ctx != ours)
        return __real_OSSL_DECODER_from_data(ctx, data, n);
    const struct asked now = asked;
    const unsigned char *bytes = *data;
    size_t all = *n;
    struct known *k = place(bytes, all);
    if (!k->there || k->n != all || memcmp(k->bytes, bytes, all) != 0) {
        int good = decode(&now, data, n);
        if (good != 1 || *n == 0)
            note(k, bytes, all, good == 1 ? *now.pkey : NULL);
        return good;
    }
    if (k->key == NULL || EVP_PKEY_up_ref(k->key) != 1)
        return 0;
    *now.pkey = k->key;
    *data += all;
    *n = 0;
    return 1;
}

void __wrap_OSSL_DECODER_CTX_free(OSSL_DECODER_CTX *ctx)
{
    if (ctx != ours)
        __real_OSSL_DECODER_CTX_free(ctx);
}
