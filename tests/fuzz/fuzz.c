#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/digest.h"
#include "pki/alg.h"
#include "pki/der.h"
#include "pool.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
enum err __real_alg_verify(enum sig_alg alg, EVP_PKEY *key, struct span message, struct span signature);
enum err __wrap_alg_verify(enum sig_alg alg, EVP_PKEY *key, struct span message, struct span signature);

static bool must_be_good;
static uint64_t hash_now; /* of the input */
static struct diag last; /* what the product said last, for whoever looks at a finding */
static char folder[64];
static int folder_fd = -1;

/* A fuzzer forges no signature, and what lies behind the check would never be reached. So the linker puts this in front
 * of it: one signature in sixteen is verified, the others are taken as good. */
enum err __wrap_alg_verify(enum sig_alg alg, EVP_PKEY *key, struct span message, struct span signature)
{
    bool verify = signature.n == 0 || (signature.p[signature.n - 1] & 15) == 0 || must_be_good;
    return verify ? __real_alg_verify(alg, key, message, signature) : E_OK;
}

void fuzz_broken(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    if (last.code != E_OK)
        fprintf(stderr, "%s: %s\n", err_name(last.code), last.text);
    abort();
}

void fuzz_check_diag(enum err e, const struct diag *d)
{
    last = *d;
    fuzz_hold(d->code == e, "the diag has another code than what was returned");
    fuzz_check_shown((struct span){(const uint8_t *)d->text, strlen(d->text)}, false);
}

void fuzz_check_shown(struct span text, bool lines)
{
    for (size_t i = 0; i < text.n; i++)
        fuzz_hold((text.p[i] >= 0x20 && text.p[i] <= 0x7e) || (lines && text.p[i] == '\n'),
                  "shown text that is not printable ASCII");
}

bool fuzz_same(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

uint64_t fuzz_hash(struct span in)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < in.n; i += 8) {
        uint64_t word = i; /* zeros in place of bytes that are not there would be bytes */
        memcpy(&word, in.p + i, in.n - i < 8 ? in.n - i : 8);
        h = (h ^ word) * UINT64_C(1099511628211);
        h ^= h >> 32;
    }
    return h;
}

bool fuzz_turn(size_t thing, size_t n)
{
    return must_be_good || hash_now % n == thing;
}

void fuzz_check_name(struct span der)
{
    const uint8_t *p = der.p;
    uint8_t *again = NULL;
    fuzz_hold(der_check(der), "a name that is not DER");
    X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)der.n);
    fuzz_hold(name != NULL && p == der.p + der.n, "a name that OpenSSL does not read");
    int n = i2d_X509_NAME(name, &again);
    fuzz_hold(n > 0 && fuzz_same((struct span){again, (size_t)n}, der), "a name that OpenSSL writes otherwise");
    OPENSSL_free(again);
    X509_NAME_free(name);
}

void fuzz_sample(const char *name, struct buf *out)
{
    uint8_t bytes[4096];
    char path[256];
    size_t n;
    snprintf(path, sizeof path, "%s/%s", FUZZ_SAMPLE, name);
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        exit(2);
    }
    while ((n = fread(bytes, 1, sizeof bytes, f)) > 0)
        buf_append(out, bytes, n);
    fclose(f);
}

static void remove_folder(void)
{
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;)
        unlinkat(dirfd(dir), e->d_name, 0);
    if (dir != NULL)
        closedir(dir);
    rmdir(folder);
}

int fuzz_folder(void)
{
    if (folder_fd < 0) {
        snprintf(folder, sizeof folder, "%s/fuzz-rootseal-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        fuzz_hold(mkdtemp(folder) != NULL, "no folder in memory");
        folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        fuzz_hold(folder_fd >= 0, "no folder in memory");
        atexit(remove_folder);
    }
    return folder_fd;
}

const char *fuzz_folder_path(void)
{
    fuzz_folder();
    return folder;
}

/* The files stay open, and are cut only when they become shorter: to make one costs more than to read it. */
void fuzz_put(const char *name, struct span bytes)
{
    static struct {
        const char *name;
        int fd;
        size_t n;
    } files[16];
    size_t i = 0;
    while (i < 16 && files[i].name != NULL && strcmp(files[i].name, name) != 0)
        i++;
    fuzz_hold(i < 16, "too many files in memory");
    if (files[i].name == NULL) {
        files[i].name = strdup(name);
        files[i].fd = openat(fuzz_folder(), name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    }
    bool good = files[i].fd >= 0 && pwrite(files[i].fd, bytes.p, bytes.n, 0) == (ssize_t)bytes.n;
    if (bytes.n < files[i].n)
        good = good && ftruncate(files[i].fd, (off_t)bytes.n) == 0;
    files[i].n = bytes.n;
    fuzz_hold(good, "a file in memory could not be written");
}

static uint8_t *find(uint8_t *in, size_t n, const char *what)
{
    return memmem(in, n, what, strlen(what));
}

void fuzz_mend_chain(uint8_t *bytes, size_t n)
{
    static const char field[] = "\"prev\":\"";
    char hex[DIGEST_HEX] = "";
    uint8_t digest[DIGEST_LEN];
    enum digest_alg hash = find(bytes, n < 200 ? n : 200, "\"hash\":\"sha256\"") != NULL ? DIGEST_SHA256 : DIGEST_SM3;
    while (n > 0) {
        uint8_t *newline = memchr(bytes, '\n', n);
        size_t line = newline != NULL ? (size_t)(newline - bytes) : n;
        uint8_t *prev = find(bytes, line, field);
        if (prev != NULL && hex[0] != '\0' && line - (size_t)(prev - bytes) >= sizeof field - 1 + 64)
            memcpy(prev + sizeof field - 1, hex, 64);
        fuzz_hold(digest_bytes(hash, bytes, line, digest) == E_OK, "no digest");
        hex_encode(digest, DIGEST_LEN, hex);
        bytes += newline != NULL ? line + 1 : line;
        n -= newline != NULL ? line + 1 : line;
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    const char *good = getenv("FUZZ_GOOD");
    must_be_good = good != NULL && strcmp(good, "1") == 0;
    if (getenv("FUZZ_POOL") != NULL)
        pool_start();
    fuzz_start();
    return 0;
}

/* One input, and how many blocks of memory it left: what OpenSSL queued of its errors is no leak. */
static bool try_one(struct span in, size_t *left)
{
    size_t before = pool_live();
    bool accepted = fuzz_one(in);
    ERR_clear_error();
    *left = pool_live() > before ? pool_live() - before : 0;
    return accepted;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = {data, size};
    size_t left;
    hash_now = fuzz_hash(in);
    bool accepted = try_one(in, &left);
    fuzz_hold(accepted || !must_be_good || size == 0, "a seed that must be accepted is refused");
    for (int i = 0; i < 3 && left > 0; i++) /* what is kept for good is taken once, and a leak is there every time */
        (void)try_one(in, &left);
    fuzz_hold(left == 0, "memory that is not given back");
    return 0;
}
