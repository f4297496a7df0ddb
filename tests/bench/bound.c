/*
 * bound SECONDS THREADS: what SM2 costs at least for one certificate: a signature, and two that are verified, that of the request
 * and the one just made. Nothing but OpenSSL's arithmetic over prepared digests, with contexts that are set up once, on as many
 * threads, for about so long. Prints one line: certificates a second.
 */
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS_MAX 64

static pthread_barrier_t start;
static double seconds;

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "bound: %s\n", what);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Returns how many it did. */
static void *work(void *count)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
    EVP_PKEY_CTX *sign = EVP_PKEY_CTX_new(key, NULL), *verify = EVP_PKEY_CTX_new(key, NULL);
    unsigned char e[32], signature[80];
    unsigned long n = 0;
    memset(e, 0x5a, sizeof e);
    need(key != NULL && EVP_PKEY_sign_init(sign) == 1 && EVP_PKEY_verify_init(verify) == 1, "a key");
    pthread_barrier_wait(&start);
    for (double until = now() + seconds; now() < until; n++) {
        size_t size = sizeof signature;
        memcpy(e, &n, sizeof n); /* another digest each time */
        need(EVP_PKEY_sign(sign, signature, &size, e, sizeof e) == 1, "a signature");
        for (int i = 0; i < 2; i++)
            need(EVP_PKEY_verify(verify, signature, size, e, sizeof e) == 1, "a signature that verifies");
    }
    EVP_PKEY_CTX_free(sign);
    EVP_PKEY_CTX_free(verify);
    EVP_PKEY_free(key);
    *(unsigned long *)count = n;
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t ids[THREADS_MAX];
    unsigned long counts[THREADS_MAX], total = 0;
    int threads = argc == 3 ? atoi(argv[2]) : 0;
    seconds = argc == 3 ? atof(argv[1]) : 0;
    if (seconds <= 0 || threads < 1 || threads > THREADS_MAX) {
        fprintf(stderr, "usage: bound SECONDS THREADS\n");
        return 2;
    }
    pthread_barrier_init(&start, NULL, (unsigned)threads + 1);
    for (int i = 0; i < threads; i++)
        need(pthread_create(&ids[i], NULL, work, &counts[i]) == 0, "a thread");
    pthread_barrier_wait(&start);
    double begun = now();
    for (int i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        total += counts[i];
    }
    printf("%.1f\n", (double)total / (now() - begun));
    return 0;
}
