#include "core/starved.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <stdlib.h>

static _Thread_local bool starved;

static void *note(void *p)
{
    if (p == NULL)
        starved = true;
    return p;
}

static void *take(size_t n)
{
    return n == 0 ? NULL : note(malloc(n));
}

static void *openssl_take(size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    return take(n);
}

static void *openssl_change(void *p, size_t n, const char *file, int line)
{
    (void)file;
    (void)line;
    if (n > 0)
        return note(realloc(p, n));
    free(p);
    return NULL;
}

static void openssl_give_back(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

/* Before main(), because OpenSSL takes no other functions once it has allocated anything. */
__attribute__((constructor)) static void watch(void)
{
    (void)CRYPTO_set_mem_functions(openssl_take, openssl_change, openssl_give_back);
    json_set_alloc_funcs(take, free);
}

void starved_note(void)
{
    starved = true;
}

bool starved_take(void)
{
    bool was = starved;
    starved = false;
    return was;
}
