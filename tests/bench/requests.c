/*
 * requests KIND COUNT [THREADS]: makes that many PKCS#10 requests, each with a key pair of its own, and writes them to
 * standard output, one a line, DER in base64. KIND is rsa2048, p256 or sm2. The private keys are thrown away.
 *
 * `openssl req` makes the same requests, but starts a process for each, and takes minutes over 3,000 RSA keys. Here
 * every RSA modulus is different too, but they are the products of a few dozen primes, two and two: nothing to use
 * anywhere else, for whoever sees two of them can factor both.
 */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SM2_ID "1234567812345678"
#define THREADS_MAX 64

static const char *kind;
static int count, threads;
static char **lines;
static BIGNUM **primes;
static int primes_n;

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "requests: %s\n", what);
    _exit(1); /* other threads are at work */
}

/* Thread t of T makes the primes 2t and 2t + 1, then 2(t + T) and 2(t + T) + 1 ... */
static void *make_primes(void *first)
{
    for (ptrdiff_t i = (char **)first - lines; 2 * i < primes_n; i += threads) {
        EVP_PKEY *key = EVP_RSA_gen(2048);
        need(key != NULL && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_FACTOR1, &primes[2 * i]) == 1 &&
                 EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_FACTOR2, &primes[2 * i + 1]) == 1,
             "an RSA key");
        EVP_PKEY_free(key);
    }
    return NULL;
}

static void push(OSSL_PARAM_BLD *b, const char *name, const BIGNUM *value)
{
    need(value != NULL && OSSL_PARAM_BLD_push_BN(b, name, value) == 1, "an RSA key");
}

static EVP_PKEY *join_primes(const BIGNUM *p, const BIGNUM *q)
{
    EVP_PKEY *key = NULL;
    BN_CTX *c = BN_CTX_new();
    BIGNUM *n = BN_new(), *e = BN_new(), *d, *p1 = BN_dup(p), *q1 = BN_dup(q), *phi = BN_new();
    BIGNUM *dp = BN_new(), *dq = BN_new(), *qi;
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    need(BN_set_word(e, RSA_F4) && BN_mul(n, p, q, c) && BN_sub_word(p1, 1) && BN_sub_word(q1, 1) &&
             BN_mul(phi, p1, q1, c),
         "an RSA key");
    d = BN_mod_inverse(NULL, e, phi, c);
    qi = BN_mod_inverse(NULL, q, p, c);
    need(d != NULL && BN_mod(dp, d, p1, c) && BN_mod(dq, d, q1, c), "an RSA key");
    push(b, OSSL_PKEY_PARAM_RSA_N, n);
    push(b, OSSL_PKEY_PARAM_RSA_E, e);
    push(b, OSSL_PKEY_PARAM_RSA_D, d);
    push(b, OSSL_PKEY_PARAM_RSA_FACTOR1, p);
    push(b, OSSL_PKEY_PARAM_RSA_FACTOR2, q);
    push(b, OSSL_PKEY_PARAM_RSA_EXPONENT1, dp);
    push(b, OSSL_PKEY_PARAM_RSA_EXPONENT2, dq);
    push(b, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, qi);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
    need(EVP_PKEY_fromdata_init(make) == 1 && EVP_PKEY_fromdata(make, &key, EVP_PKEY_KEYPAIR, params) == 1,
         "an RSA key");
    BIGNUM *const all[] = {n, e, d, p1, q1, phi, dp, dq, qi};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        BN_free(all[i]);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(b);
    EVP_PKEY_CTX_free(make);
    BN_CTX_free(c);
    return key;
}

/* Request n gets the n-th pair of primes: (1,0), (2,0), (2,1), (3,0) ... */
static EVP_PKEY *make_key(int n)
{
    if (strcmp(kind, "rsa2048") != 0)
        return strcmp(kind, "sm2") == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, "SM2") : EVP_EC_gen("P-256");
    int i = 1;
    for (n--; n >= i; i++)
        n -= i;
    return join_primes(primes[i], primes[n]);
}

static void set_subject(X509_REQ *req, int n)
{
    char name[32];
    X509_NAME *subject = X509_NAME_new();
    snprintf(name, sizeof name, "\xe6\xb5\x8b\xe8\xaf\x95 %06d", n); /* 测试, "test" */
    need(subject != NULL &&
             X509_NAME_add_entry_by_txt(subject, "C", MBSTRING_ASC, (const unsigned char *)"CN", -1, -1, 0) == 1 &&
             X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) == 1 &&
             X509_REQ_set_subject_name(req, subject) == 1,
         "a name");
    X509_NAME_free(subject);
}

static void sign(X509_REQ *req, EVP_PKEY *key)
{
    bool sm2 = strcmp(kind, "sm2") == 0;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    need(md != NULL && ctx != NULL, "memory");
    if (sm2)
        need(EVP_PKEY_CTX_set1_id(ctx, SM2_ID, (int)strlen(SM2_ID)) == 1, "the SM2 ID");
    EVP_MD_CTX_set_pkey_ctx(md, ctx);
    need(EVP_DigestSignInit(md, NULL, sm2 ? EVP_sm3() : EVP_sha256(), NULL, key) == 1, "a signature");
    need(X509_REQ_sign_ctx(req, md) > 0, "a signature");
    EVP_MD_CTX_free(md);
    EVP_PKEY_CTX_free(ctx);
}

static char *make_line(int n)
{
    unsigned char *der = NULL;
    X509_REQ *req = X509_REQ_new();
    EVP_PKEY *key = make_key(n);
    need(req != NULL && key != NULL, "a key");
    set_subject(req, n);
    need(X509_REQ_set_version(req, 0) == 1 && X509_REQ_set_pubkey(req, key) == 1, "a request");
    sign(req, key);
    int size = i2d_X509_REQ(req, &der);
    need(size > 0, "a request");
    char *line = malloc((size_t)size * 4 / 3 + 8);
    need(line != NULL, "memory");
    EVP_EncodeBlock((unsigned char *)line, der, size);
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    X509_REQ_free(req);
    return line;
}

/* Thread t of T makes the requests t, t + T, t + 2T ... */
static void *work(void *first)
{
    for (ptrdiff_t i = (char **)first - lines; i < count; i += threads)
        lines[i] = make_line((int)i + 1);
    return NULL;
}

static bool known(const char *name)
{
    return strcmp(name, "rsa2048") == 0 || strcmp(name, "p256") == 0 || strcmp(name, "sm2") == 0;
}

static void run(void *(*job)(void *))
{
    pthread_t ids[THREADS_MAX];
    for (int t = 0; t < threads; t++)
        need(pthread_create(&ids[t], NULL, job, &lines[t]) == 0, "a thread");
    for (int t = 0; t < threads; t++)
        pthread_join(ids[t], NULL);
}

int main(int argc, char **argv)
{
    count = argc > 2 ? atoi(argv[2]) : 0;
    threads = argc > 3 ? atoi(argv[3]) : 2;
    if (argc < 3 || argc > 4 || !known(argv[1]) || count < 1 || threads < 1 || threads > THREADS_MAX) {
        fprintf(stderr, "usage: requests rsa2048|p256|sm2 COUNT [THREADS]\n");
        return 2;
    }
    kind = argv[1];
    lines = calloc((size_t)count + (size_t)threads, sizeof *lines);
    need(lines != NULL, "memory");
    while (strcmp(kind, "rsa2048") == 0 && (primes_n - 1) * primes_n / 2 < count)
        primes_n += 2;
    primes = calloc((size_t)primes_n + 1, sizeof *primes);
    need(primes != NULL, "memory");
    run(make_primes);
    run(work);
    for (int i = 0; i < primes_n; i++)
        BN_free(primes[i]);
    free(primes);
    for (int i = 0; i < count; i++) {
        puts(lines[i]);
        free(lines[i]);
    }
    free(lines);
    return fflush(stdout) == 0 ? 0 : 1;
}
