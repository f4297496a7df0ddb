/*
 * count.so, for LD_PRELOAD: counts what a program asks of the disk and of OpenSSL, and writes one line at its end to
 * the file named by COUNT_FILE:
 *
 *     fsync+fdatasync verifications
 *
 * The steps of a program that are processes of their own are counted with it: the counters lie in shared memory, and the
 * first process writes the line. Loaded in a run of its own, which nobody times.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static struct counters {
    pid_t first;
    atomic_ulong syncs, verifications;
} *counters;
static _Thread_local int depth; /* OpenSSL's one-call functions call the others */

/* ISO C has no conversion from an object pointer to a function's; POSIX wants this one to work. */
static void find(const char *name, void *function)
{
    void *next = dlsym(RTLD_NEXT, name);
    if (next == NULL)
        abort();
    *(void **)function = next;
}

int fsync(int fd)
{
    int (*next)(int);
    find("fsync", &next);
    counters->syncs++;
    return next(fd);
}

int fdatasync(int fd)
{
    int (*next)(int);
    find("fdatasync", &next);
    counters->syncs++;
    return next(fd);
}

int EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *signature, size_t n, const unsigned char *tbs, size_t tbs_n)
{
    int (*next)(EVP_MD_CTX *, const unsigned char *, size_t, const unsigned char *, size_t);
    find("EVP_DigestVerify", &next);
    counters->verifications += depth++ == 0;
    int ok = next(ctx, signature, n, tbs, tbs_n);
    depth--;
    return ok;
}

int EVP_DigestVerifyFinal(EVP_MD_CTX *ctx, const unsigned char *signature, size_t n)
{
    int (*next)(EVP_MD_CTX *, const unsigned char *, size_t);
    find("EVP_DigestVerifyFinal", &next);
    counters->verifications += depth++ == 0;
    int ok = next(ctx, signature, n);
    depth--;
    return ok;
}

int EVP_PKEY_verify(EVP_PKEY_CTX *ctx, const unsigned char *signature, size_t n, const unsigned char *tbs, size_t tbs_n)
{
    int (*next)(EVP_PKEY_CTX *, const unsigned char *, size_t, const unsigned char *, size_t);
    find("EVP_PKEY_verify", &next);
    counters->verifications += depth++ == 0;
    int ok = next(ctx, signature, n, tbs, tbs_n);
    depth--;
    return ok;
}

__attribute__((constructor)) static void begin(void)
{
    counters = mmap(NULL, sizeof *counters, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counters == MAP_FAILED)
        abort();
    counters->first = getpid();
}

__attribute__((destructor)) static void tell(void)
{
    const char *name = getenv("COUNT_FILE");
    if (name == NULL || getpid() != counters->first)
        return;
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    dprintf(fd, "%lu %lu\n", atomic_load(&counters->syncs), atomic_load(&counters->verifications));
    close(fd);
}
