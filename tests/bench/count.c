/*
 * count.so, for LD_PRELOAD: counts what a program asks of the disk and of OpenSSL, and writes one line at its end to
 * the file named by COUNT_FILE:
 *
 *     fsync+fdatasync verifications
 *
 * The steps of a program that are processes of their own are counted with it: the counters lie in shared memory, and the
 * first process writes the line. Loaded in runs that are timed: it looks each function up once, and then adds one to a number.
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

typedef int sync_function(int);
typedef int verify_function(EVP_MD_CTX *, const unsigned char *, size_t, const unsigned char *, size_t);
typedef int final_function(EVP_MD_CTX *, const unsigned char *, size_t);
typedef int pkey_function(EVP_PKEY_CTX *, const unsigned char *, size_t, const unsigned char *, size_t);

static struct {
    sync_function *fsync, *fdatasync;
    verify_function *verify;
    final_function *final;
    pkey_function *pkey;
} behind;

/* ISO C has no conversion from an object pointer to a function's; POSIX wants this one to work. */
static void find(const char *name, void *function)
{
    *(void **)function = dlsym(RTLD_NEXT, name); /* NULL where libcrypto is not linked: then nobody calls it */
}

int fsync(int fd)
{
    counters->syncs++;
    return behind.fsync(fd);
}

int fdatasync(int fd)
{
    counters->syncs++;
    return behind.fdatasync(fd);
}

int EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *signature, size_t n, const unsigned char *tbs, size_t tbs_n)
{
    counters->verifications += depth++ == 0;
    int ok = behind.verify(ctx, signature, n, tbs, tbs_n);
    depth--;
    return ok;
}

int EVP_DigestVerifyFinal(EVP_MD_CTX *ctx, const unsigned char *signature, size_t n)
{
    counters->verifications += depth++ == 0;
    int ok = behind.final(ctx, signature, n);
    depth--;
    return ok;
}

int EVP_PKEY_verify(EVP_PKEY_CTX *ctx, const unsigned char *signature, size_t n, const unsigned char *tbs, size_t tbs_n)
{
    counters->verifications += depth++ == 0;
    int ok = behind.pkey(ctx, signature, n, tbs, tbs_n);
    depth--;
    return ok;
}

__attribute__((constructor)) static void begin(void)
{
    counters = mmap(NULL, sizeof *counters, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counters == MAP_FAILED)
        abort();
    counters->first = getpid();
    find("fsync", &behind.fsync);
    find("fdatasync", &behind.fdatasync);
    find("EVP_DigestVerify", &behind.verify);
    find("EVP_DigestVerifyFinal", &behind.final);
    find("EVP_PKEY_verify", &behind.pkey);
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
