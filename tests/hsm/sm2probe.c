/*
 * sm2probe MODULE TOKEN COMMAND ... : a plain PKCS#11 client for the SM2 software token.
 * The user PIN is the first line of standard input.
 *
 *   keygen LABEL                  make an SM2 key pair by the vendor mechanism, curve left out;
 *                                 the label is the ID too
 *   attrs LABEL                   print what confines the private key, one name=0/1 a line
 *   pubkey LABEL OUT              write the SubjectPublicKeyInfo (DER)
 *   sign LABEL IN OUT             sign the file under the default ID; write SEQUENCE{r, s}
 *   refusals SM2 EC RSA           check every refusal against these three keys
 *   parallel LABEL THREADS COUNT  COUNT signatures in each of THREADS sessions, all verified
 *
 * sm2probe MODULE --after PLAIN    load PLAIN first: MODULE must then refuse to load
 */
#include "sm2probe.h"

#include <dlfcn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define POINT_SIZE 65
#define MAX_THREADS 16
#define USER_ID "1234567812345678"

/* SubjectPublicKeyInfo of an SM2 key up to its point. */
static const unsigned char spki_head[] = {
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06,
    0x08, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x82, 0x2D, 0x03, 0x42, 0x00,
};

void probe_need(bool ok, const char *what, unsigned long code)
{
    if (ok)
        return;
    fprintf(stderr, "sm2probe: %s (0x%lx)\n", what, code);
    exit(1);
}

/* ------------------------------------------------------------------ token */

static CK_C_GetFunctionList module_entry(const char *path)
{
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (module == NULL)
        fprintf(stderr, "sm2probe: %s\n", dlerror());
    probe_need(module != NULL, "cannot load the module", 0);
    return (CK_C_GetFunctionList)dlsym(module, "C_GetFunctionList");
}

static CK_SLOT_ID find_slot(CK_FUNCTION_LIST_PTR f, const char *label)
{
    CK_SLOT_ID slots[16];
    CK_ULONG count = COUNT(slots);
    CK_TOKEN_INFO info;

    probe_need(f->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK, "C_GetSlotList", 0);
    for (CK_ULONG i = 0; i < count; i++) {
        if (f->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
            strncmp((const char *)info.label, label, strlen(label)) == 0)
            return slots[i];
    }
    probe_need(false, "no token of that label", 0);
    return 0;
}

static void probe_open(struct probe *p, const char *module, const char *label)
{
    CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};
    CK_C_GetFunctionList entry = module_entry(module);
    char pin[64] = "";
    CK_RV rv;

    probe_need(entry != NULL, "no C_GetFunctionList", 0);
    rv = entry(&p->f);
    probe_need(rv == CKR_OK, "C_GetFunctionList", rv);
    rv = p->f->C_Initialize(&args);
    probe_need(rv == CKR_OK, "C_Initialize", rv);
    p->slot = find_slot(p->f, label);
    rv = p->f->C_OpenSession(p->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &p->session);
    probe_need(rv == CKR_OK, "C_OpenSession", rv);
    probe_need(fgets(pin, sizeof(pin), stdin) != NULL, "no PIN on standard input", 0);
    pin[strcspn(pin, "\n")] = '\0';
    rv = p->f->C_Login(p->session, CKU_USER, (CK_UTF8CHAR_PTR)pin, strlen(pin));
    OPENSSL_cleanse(pin, sizeof(pin));
    probe_need(rv == CKR_OK, "C_Login", rv);
}

CK_OBJECT_HANDLE probe_find(const struct probe *p, CK_OBJECT_CLASS class, const char *label)
{
    CK_ATTRIBUTE want[] = {
        {CKA_CLASS, &class, sizeof(class)},
        {CKA_LABEL, (void *)(uintptr_t)label, strlen(label)},
    };
    CK_OBJECT_HANDLE found[2];
    CK_ULONG count = 0;

    probe_need(p->f->C_FindObjectsInit(p->session, want, COUNT(want)) == CKR_OK, "find", 0);
    probe_need(p->f->C_FindObjects(p->session, found, 2, &count) == CKR_OK, "find", 0);
    probe_need(p->f->C_FindObjectsFinal(p->session) == CKR_OK, "find", 0);
    probe_need(count == 1, label, count);
    return found[0];
}

CK_RV probe_generate(const struct probe *p, CK_MECHANISM_TYPE mechanism, const void *params,
                     size_t params_len, CK_BBOOL sensitive, CK_BBOOL extractable,
                     const char *label)
{
    CK_MECHANISM how = {mechanism, NULL, 0};
    CK_BBOOL yes = CK_TRUE, keep = p->keep;
    void *name = (void *)(uintptr_t)label;
    CK_ATTRIBUTE pub[] = {
        {CKA_TOKEN, &keep, sizeof(keep)},
        {CKA_VERIFY, &yes, sizeof(yes)},
        {CKA_LABEL, name, strlen(label)},
        {CKA_ID, name, strlen(label)},
        {CKA_EC_PARAMS, (void *)(uintptr_t)params, params_len},
    };
    CK_ATTRIBUTE priv[] = {
        {CKA_TOKEN, &keep, sizeof(keep)},
        {CKA_PRIVATE, &yes, sizeof(yes)},
        {CKA_SIGN, &yes, sizeof(yes)},
        {CKA_LABEL, name, strlen(label)},
        {CKA_ID, name, strlen(label)},
        {CKA_SENSITIVE, &sensitive, sizeof(sensitive)},
        {CKA_EXTRACTABLE, &extractable, sizeof(extractable)},
    };
    CK_OBJECT_HANDLE pub_key, priv_key;

    return p->f->C_GenerateKeyPair(p->session, &how, pub, COUNT(pub) - (params == NULL), priv,
                                   COUNT(priv), &pub_key, &priv_key);
}

/* ------------------------------------------------------------------ SM2 */

static void public_point(const struct probe *p, const char *label, unsigned char point[POINT_SIZE])
{
    unsigned char der[POINT_SIZE + 2] = {0};
    CK_ATTRIBUTE attr = {CKA_EC_POINT, der, sizeof(der)};
    CK_OBJECT_HANDLE key = probe_find(p, CKO_PUBLIC_KEY, label);
    CK_RV rv = p->f->C_GetAttributeValue(p->session, key, &attr, 1);

    probe_need(rv == CKR_OK, "CKA_EC_POINT", rv);
    probe_need(attr.ulValueLen == sizeof(der) && der[0] == 4 && der[1] == POINT_SIZE, "point", 0);
    memcpy(point, der + 2, POINT_SIZE);
}

static void public_spki(const struct probe *p, const char *label,
                        unsigned char spki[sizeof(spki_head) + POINT_SIZE])
{
    memcpy(spki, spki_head, sizeof(spki_head));
    public_point(p, label, spki + sizeof(spki_head));
}

EVP_PKEY *probe_public(const struct probe *p, const char *label)
{
    unsigned char spki[sizeof(spki_head) + POINT_SIZE];
    const unsigned char *at = spki;
    EVP_PKEY *key;

    public_spki(p, label, spki);
    key = d2i_PUBKEY(NULL, &at, (long)sizeof(spki));
    probe_need(key != NULL && EVP_PKEY_is_a(key, "SM2"), "not an SM2 public key", 0);
    return key;
}

/* Writes raw r and s as SEQUENCE{r, s} into `der`; returns its length. */
static size_t raw_to_der(const unsigned char raw[RAW_SIZE], unsigned char der[RAW_SIZE + 8])
{
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, RAW_SIZE / 2, NULL);
    BIGNUM *s = BN_bin2bn(raw + RAW_SIZE / 2, RAW_SIZE / 2, NULL);
    int len;

    probe_need(sig != NULL && ECDSA_SIG_set0(sig, r, s) == 1, "ECDSA_SIG", 0);
    len = i2d_ECDSA_SIG(sig, &der);
    ECDSA_SIG_free(sig);
    probe_need(len > 0, "i2d_ECDSA_SIG", 0);
    return (size_t)len;
}

bool probe_verify(EVP_PKEY *key, const unsigned char e[E_SIZE], const unsigned char raw[RAW_SIZE])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    unsigned char der[RAW_SIZE + 8];
    size_t len = raw_to_der(raw, der);
    bool good = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
                EVP_PKEY_verify(ctx, der, len, e, E_SIZE) == 1;

    EVP_PKEY_CTX_free(ctx);
    return good;
}

/* Feeds a field element, 32 bytes big-endian, into the digest. */
static bool feed_number(EVP_MD_CTX *md, const BIGNUM *n)
{
    unsigned char bytes[E_SIZE];

    return BN_bn2binpad(n, bytes, sizeof(bytes)) == sizeof(bytes) &&
           EVP_DigestUpdate(md, bytes, sizeof(bytes)) == 1;
}

/* Z of the key with this public point under the default ID (GB/T 32918.2 clause 5.5). */
static void compute_z(const unsigned char point[POINT_SIZE], unsigned char z[E_SIZE])
{
    static const unsigned char id[] = "\x00\x80" USER_ID;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_sm2);
    BIGNUM *a = BN_new(), *b = BN_new();
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    unsigned char base[POINT_SIZE];
    bool ok = group != NULL && EC_GROUP_get_curve(group, NULL, a, b, NULL) == 1 &&
              EC_POINT_point2oct(group, EC_GROUP_get0_generator(group),
                                 POINT_CONVERSION_UNCOMPRESSED, base, sizeof(base),
                                 NULL) == sizeof(base) &&
              EVP_DigestInit_ex(md, EVP_sm3(), NULL) == 1 &&
              EVP_DigestUpdate(md, id, sizeof(id) - 1) == 1 && feed_number(md, a) &&
              feed_number(md, b) && EVP_DigestUpdate(md, base + 1, POINT_SIZE - 1) == 1 &&
              EVP_DigestUpdate(md, point + 1, POINT_SIZE - 1) == 1 &&
              EVP_DigestFinal_ex(md, z, NULL) == 1;

    probe_need(ok, "cannot compute Z", 0);
    EVP_MD_CTX_free(md);
    BN_free(b);
    BN_free(a);
    EC_GROUP_free(group);
}

/* ------------------------------------------------------------------ commands */

static void write_file(const char *path, const void *data, size_t len)
{
    FILE *out = fopen(path, "wb");

    probe_need(out != NULL, path, 0);
    probe_need(fwrite(data, 1, len, out) == len, path, 0);
    probe_need(fclose(out) == 0, path, 0);
}

static void cmd_attrs(const struct probe *p, const char *label)
{
    CK_BBOOL v[5] = {9, 9, 9, 9, 9};
    CK_ATTRIBUTE attr[] = {
        {CKA_SENSITIVE, &v[0], 1},         {CKA_ALWAYS_SENSITIVE, &v[1], 1},
        {CKA_NEVER_EXTRACTABLE, &v[2], 1}, {CKA_LOCAL, &v[3], 1},
        {CKA_EXTRACTABLE, &v[4], 1},
    };
    CK_RV rv = p->f->C_GetAttributeValue(p->session, probe_find(p, CKO_PRIVATE_KEY, label), attr,
                                         COUNT(attr));

    probe_need(rv == CKR_OK, "C_GetAttributeValue", rv);
    printf("sensitive=%d\nalways-sensitive=%d\nnever-extractable=%d\nlocal=%d\nextractable=%d\n",
           v[0], v[1], v[2], v[3], v[4]);
}

static void cmd_pubkey(const struct probe *p, const char *label, const char *path)
{
    unsigned char spki[sizeof(spki_head) + POINT_SIZE];

    public_spki(p, label, spki);
    write_file(path, spki, sizeof(spki));
}

static CK_RV sign_e(const struct probe *p, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key,
                    unsigned char e[E_SIZE], unsigned char raw[RAW_SIZE])
{
    CK_MECHANISM how = {CKM_SM2_SIGN_E, NULL, 0};
    CK_ULONG len = RAW_SIZE;
    CK_RV rv = p->f->C_SignInit(session, &how, key);

    if (rv == CKR_OK)
        rv = p->f->C_Sign(session, e, E_SIZE, raw, &len);
    return rv == CKR_OK && len != RAW_SIZE ? CKR_DATA_INVALID : rv;
}

static void cmd_sign(const struct probe *p, const char *label, const char *in, const char *out)
{
    unsigned char point[POINT_SIZE], z[E_SIZE], e[E_SIZE], raw[RAW_SIZE], der[RAW_SIZE + 8];
    unsigned char buf[4096];
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    FILE *file = fopen(in, "rb");
    size_t n;
    CK_RV rv;

    probe_need(file != NULL, in, 0);
    public_point(p, label, point);
    compute_z(point, z);
    probe_need(EVP_DigestInit_ex(md, EVP_sm3(), NULL) == 1, "SM3", 0);
    probe_need(EVP_DigestUpdate(md, z, sizeof(z)) == 1, "SM3", 0);
    while ((n = fread(buf, 1, sizeof(buf), file)) > 0)
        probe_need(EVP_DigestUpdate(md, buf, n) == 1, "SM3", 0);
    probe_need(fclose(file) == 0, in, 0);
    probe_need(EVP_DigestFinal_ex(md, e, NULL) == 1, "SM3", 0);
    EVP_MD_CTX_free(md);
    rv = sign_e(p, p->session, probe_find(p, CKO_PRIVATE_KEY, label), e, raw);
    probe_need(rv == CKR_OK, "sign", rv);
    n = raw_to_der(raw, der);
    write_file(out, der, n);
}

/* One thread's work: `count` digests and the signatures over them. */
struct worker {
    const struct probe *p;
    pthread_t thread;
    CK_OBJECT_HANDLE key;
    size_t number, count;
    unsigned char (*e)[E_SIZE];
    unsigned char (*raw)[RAW_SIZE];
    CK_RV rv;
};

static void *worker_run(void *arg)
{
    struct worker *w = arg;
    CK_SESSION_HANDLE session;

    w->rv = w->p->f->C_OpenSession(w->p->slot, CKF_SERIAL_SESSION, NULL, NULL, &session);
    for (size_t i = 0; w->rv == CKR_OK && i < w->count; i++)
        w->rv = sign_e(w->p, session, w->key, w->e[i], w->raw[i]);
    if (w->rv == CKR_OK)
        w->rv = w->p->f->C_CloseSession(session);
    return NULL;
}

static void worker_prepare(struct worker *w)
{
    w->e = calloc(w->count, sizeof(*w->e));
    w->raw = calloc(w->count, sizeof(*w->raw));
    probe_need(w->e != NULL && w->raw != NULL, "memory", 0);
    for (size_t i = 0; i < w->count; i++) {
        memset(w->e[i], (int)w->number + 1, E_SIZE);
        memcpy(w->e[i], &i, sizeof(i));
    }
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void cmd_parallel(const struct probe *p, const char *label, size_t threads, size_t count)
{
    struct worker w[MAX_THREADS];
    EVP_PKEY *key = probe_public(p, label);
    double begin, took;

    probe_need(threads >= 1 && threads <= MAX_THREADS && count >= 1, "bad count", threads);
    for (size_t i = 0; i < threads; i++) {
        w[i] = (struct worker){.p = p, .number = i, .count = count};
        w[i].key = probe_find(p, CKO_PRIVATE_KEY, label);
        worker_prepare(&w[i]);
    }
    begin = seconds();
    for (size_t i = 0; i < threads; i++)
        probe_need(pthread_create(&w[i].thread, NULL, worker_run, &w[i]) == 0, "thread", 0);
    for (size_t i = 0; i < threads; i++)
        probe_need(pthread_join(w[i].thread, NULL) == 0, "thread", 0);
    took = seconds() - begin;
    for (size_t i = 0; i < threads; i++) {
        probe_need(w[i].rv == CKR_OK, "parallel signing", w[i].rv);
        for (size_t j = 0; j < count; j++)
            probe_need(probe_verify(key, w[i].e[j], w[i].raw[j]), "a signature is wrong", j);
        free(w[i].e);
        free(w[i].raw);
    }
    EVP_PKEY_free(key);
    printf("%.0f signatures/s in %zu sessions\n", (double)(threads * count) / took, threads);
}

static int cmd_after(const char *module, const char *plain)
{
    CK_C_GetFunctionList entry;
    CK_FUNCTION_LIST_PTR list = NULL;
    CK_RV rv;

    (void)module_entry(plain);
    entry = module_entry(module);
    probe_need(entry != NULL, "no C_GetFunctionList", 0);
    rv = entry(&list);
    probe_need(rv == CKR_FUNCTION_FAILED && list == NULL, "the module loaded", rv);
    return 0;
}

int main(int argc, char **argv)
{
    struct probe p = {0};
    const char *cmd = argc > 4 ? argv[3] : "";
    int failed = 0;

    if (argc == 4 && strcmp(argv[2], "--after") == 0)
        return cmd_after(argv[1], argv[3]);
    probe_need(argc > 4, "usage: sm2probe MODULE TOKEN COMMAND LABEL ...", 0);
    probe_open(&p, argv[1], argv[2]);
    if (strcmp(cmd, "keygen") == 0 && argc == 5) {
        CK_RV rv;

        p.keep = CK_TRUE;
        rv = probe_generate(&p, CKM_SM2_KEY_PAIR_GEN, NULL, 0, CK_TRUE, CK_FALSE, argv[4]);
        probe_need(rv == CKR_OK, "C_GenerateKeyPair", rv);
    } else if (strcmp(cmd, "attrs") == 0 && argc == 5) {
        cmd_attrs(&p, argv[4]);
    } else if (strcmp(cmd, "pubkey") == 0 && argc == 6) {
        cmd_pubkey(&p, argv[4], argv[5]);
    } else if (strcmp(cmd, "sign") == 0 && argc == 7) {
        cmd_sign(&p, argv[4], argv[5], argv[6]);
    } else if (strcmp(cmd, "refusals") == 0 && argc == 7) {
        failed = refuse_run(&p, argv[4], argv[5], argv[6]);
    } else if (strcmp(cmd, "parallel") == 0 && argc == 7) {
        cmd_parallel(&p, argv[4], strtoul(argv[5], NULL, 10), strtoul(argv[6], NULL, 10));
    } else {
        probe_need(false, "no such command", 0);
    }
    probe_need(p.f->C_Finalize(NULL) == CKR_OK, "C_Finalize", 0);
    return failed == 0 ? 0 : 1;
}
