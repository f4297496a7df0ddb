#include "memory.h"

#include <openssl/cms.h>
#include <openssl/evp.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t count, size_t n);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t count, size_t n);
char *__wrap_strdup(const char *s);

int __real_EVP_DigestVerify(EVP_MD_CTX *c, const unsigned char *sig, size_t sig_n, const unsigned char *p, size_t n);
int __wrap_EVP_DigestVerify(EVP_MD_CTX *c, const unsigned char *sig, size_t sig_n, const unsigned char *p, size_t n);
int __real_EVP_DigestSign(EVP_MD_CTX *c, unsigned char *sig, size_t *sig_n, const unsigned char *p, size_t n);
int __wrap_EVP_DigestSign(EVP_MD_CTX *c, unsigned char *sig, size_t *sig_n, const unsigned char *p, size_t n);
int __real_EVP_DigestVerifyFinal(EVP_MD_CTX *c, const unsigned char *sig, size_t sig_n);
int __wrap_EVP_DigestVerifyFinal(EVP_MD_CTX *c, const unsigned char *sig, size_t sig_n);
int __real_EVP_DigestVerifyUpdate(EVP_MD_CTX *c, const void *p, size_t n);
int __wrap_EVP_DigestVerifyUpdate(EVP_MD_CTX *c, const void *p, size_t n);
int __real_EVP_PKEY_verify(EVP_PKEY_CTX *c, const unsigned char *sig, size_t sig_n, const unsigned char *p, size_t n);
int __wrap_EVP_PKEY_verify(EVP_PKEY_CTX *c, const unsigned char *sig, size_t sig_n, const unsigned char *p, size_t n);
int __real_CMS_SignerInfo_verify(CMS_SignerInfo *si);
int __wrap_CMS_SignerInfo_verify(CMS_SignerInfo *si);

static struct {
    uint64_t left; /* allocations until one fails; 0: none will */
    bool and_on;
    bool failed;
} plan;

static bool fails(void)
{
    if (plan.left == 0 || --plan.left > 0)
        return false;
    plan.left = plan.and_on ? 1 : 0;
    plan.failed = true;
    return true;
}

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t n)
{
    return fails() ? NULL : __real_calloc(count, n);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}

void *__wrap_reallocarray(void *p, size_t count, size_t n)
{
    return fails() ? NULL : __real_reallocarray(p, count, n);
}

char *__wrap_strdup(const char *s)
{
    return fails() ? NULL : __real_strdup(s);
}

/* OpenSSL 3.0.22 crashes when memory is short while it signs or verifies SM2 (BN_CTX_end() of a context it did not get): inside of
 * these its allocations succeed. */
int __wrap_EVP_DigestVerify(EVP_MD_CTX *c, const unsigned char *sig, size_t sig_n, const unsigned char *p, size_t n)
{
    uint64_t left = plan.left;
    plan.left = 0;
    int r = __real_EVP_DigestVerify(c, sig, sig_n, p, n);
    plan.left = left;
    return r;
}

int __wrap_EVP_DigestSign(EVP_MD_CTX *c, unsigned char *sig, size_t *sig_n, const unsigned char *p, size_t n)
{
    uint64_t left = plan.left;
    plan.left = 0;
    int r = __real_EVP_DigestSign(c, sig, sig_n, p, n);
    plan.left = left;
    return r;
}

int __wrap_EVP_DigestVerifyUpdate(EVP_MD_CTX *c, const void *p, size_t n)
{
    uint64_t left = plan.left;
    plan.left = 0;
    int r = __real_EVP_DigestVerifyUpdate(c, p, n);
    plan.left = left;
    return r;
}

int __wrap_EVP_DigestVerifyFinal(EVP_MD_CTX *c, const unsigned char *sig, size_t sig_n)
{
    uint64_t left = plan.left;
    plan.left = 0;
    int r = __real_EVP_DigestVerifyFinal(c, sig, sig_n);
    plan.left = left;
    return r;
}

int __wrap_EVP_PKEY_verify(EVP_PKEY_CTX *c, const unsigned char *sig, size_t sig_n, const unsigned char *p, size_t n)
{
    uint64_t left = plan.left;
    plan.left = 0;
    int r = __real_EVP_PKEY_verify(c, sig, sig_n, p, n);
    plan.left = left;
    return r;
}

int __wrap_CMS_SignerInfo_verify(CMS_SignerInfo *si)
{
    uint64_t left = plan.left;
    plan.left = 0;
    int r = __real_CMS_SignerInfo_verify(si);
    plan.left = left;
    return r;
}

static sqlite3_mem_methods sqlite;

static void *sqlite_malloc(int n)
{
    return fails() ? NULL : sqlite.xMalloc(n);
}

static void *sqlite_realloc(void *p, int n)
{
    return fails() ? NULL : sqlite.xRealloc(p, n);
}

bool memory_of_sqlite(void)
{
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite) != SQLITE_OK)
        return false;
    sqlite3_mem_methods ours = sqlite;
    ours.xMalloc = sqlite_malloc;
    ours.xRealloc = sqlite_realloc;
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &ours) == SQLITE_OK;
}

void memory_fail(uint64_t nth, bool and_on)
{
    plan.left = nth;
    plan.and_on = and_on;
    plan.failed = false;
}

bool memory_stop(void)
{
    plan.left = 0;
    return plan.failed;
}
