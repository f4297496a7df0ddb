/*
 * rawsign --module FILE --token LABEL --key LABEL --mechanism NAME --count N --sessions S --pin-fd FD
 *
 * The ceiling: nothing but C_SignInit and C_Sign with one key of the token, N times in S sessions, each with a thread of
 * its own. Nothing is hashed outside the token, verified, logged or synced. Prints one line: signatures a second.
 *
 *     rsa          CKM_RSA_PKCS over a prepared DigestInfo of SHA-256
 *     rsa-sha256   CKM_SHA256_RSA_PKCS over 600 bytes, about as many as a certificate has
 *     sm2          0xFFFFF002 over a prepared e
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SESSIONS_MAX 64
#define CKM_SM2_SIGN_E 0xFFFFF002UL

struct mechanism {
    const char *name;
    CK_MECHANISM_TYPE type;
    CK_ULONG input;
};

static const struct mechanism mechanisms[] = {
    {"rsa", CKM_RSA_PKCS, 51},
    {"rsa-sha256", CKM_SHA256_RSA_PKCS, 600},
    {"sm2", CKM_SM2_SIGN_E, 32},
};

static const unsigned char sha256_info[19] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                              0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};

static CK_FUNCTION_LIST *f;
static const struct mechanism *mechanism;
static CK_OBJECT_HANDLE key;
static pthread_barrier_t start;

struct worker {
    CK_SESSION_HANDLE session;
    pthread_t thread;
    int count;
};

static void need(bool ok, const char *what, CK_RV rv)
{
    if (ok)
        return;
    fprintf(stderr, "rawsign: %s (0x%lx)\n", what, rv);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void load(const char *path)
{
    CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};
    CK_C_GetFunctionList get = NULL;
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    need(module != NULL, dlerror(), 0);
    *(void **)&get = dlsym(module, "C_GetFunctionList");
    need(get != NULL, "the module has no C_GetFunctionList", 0);
    CK_RV rv = get(&f);
    need(rv == CKR_OK, "C_GetFunctionList", rv);
    rv = f->C_Initialize(&args);
    need(rv == CKR_OK, "C_Initialize", rv);
}

static CK_SLOT_ID find_slot(const char *label)
{
    CK_SLOT_ID slots[64];
    CK_ULONG n = sizeof slots / sizeof slots[0];
    CK_TOKEN_INFO info;
    size_t length = strlen(label);
    CK_RV rv = f->C_GetSlotList(CK_TRUE, slots, &n);
    need(rv == CKR_OK, "C_GetSlotList", rv);
    for (CK_ULONG i = 0; i < n; i++) {
        rv = f->C_GetTokenInfo(slots[i], &info);
        need(rv == CKR_OK, "C_GetTokenInfo", rv);
        if (length < sizeof info.label && memcmp(info.label, label, length) == 0 && info.label[length] == ' ')
            return slots[i];
    }
    need(false, "no such token", 0);
    return 0;
}

static void log_in(CK_SESSION_HANDLE session, int fd)
{
    unsigned char pin[256];
    ssize_t n = read(fd, pin, sizeof pin);
    need(n > 0, "no PIN", 0);
    if (pin[n - 1] == '\n')
        n--;
    CK_RV rv = f->C_Login(session, CKU_USER, pin, (CK_ULONG)n);
    explicit_bzero(pin, sizeof pin);
    need(rv == CKR_OK, "C_Login", rv);
}

static CK_OBJECT_HANDLE find_key(CK_SESSION_HANDLE session, char *label)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof class}, {CKA_LABEL, label, strlen(label)}};
    CK_OBJECT_HANDLE found[2];
    CK_ULONG n = 0;
    CK_RV rv = f->C_FindObjectsInit(session, template, 2);
    need(rv == CKR_OK, "C_FindObjectsInit", rv);
    rv = f->C_FindObjects(session, found, 2, &n);
    need(rv == CKR_OK && n == 1, "not exactly one key has the label", rv);
    f->C_FindObjectsFinal(session);
    return found[0];
}

static void *work(void *arg)
{
    const struct worker *w = arg;
    unsigned char in[600], out[1024];
    memset(in, 0x5a, sizeof in);
    if (mechanism->type == CKM_RSA_PKCS)
        memcpy(in, sha256_info, sizeof sha256_info);
    CK_MECHANISM m = {mechanism->type, NULL, 0};
    pthread_barrier_wait(&start);
    for (int i = 0; i < w->count; i++) {
        CK_ULONG n = sizeof out;
        CK_RV rv = f->C_SignInit(w->session, &m, key);
        need(rv == CKR_OK, "C_SignInit", rv);
        memcpy(in + mechanism->input - sizeof i, &i, sizeof i); /* another input each time */
        rv = f->C_Sign(w->session, in, mechanism->input, out, &n);
        need(rv == CKR_OK, "C_Sign", rv);
    }
    return NULL;
}

static double run(CK_SLOT_ID slot, int count, int sessions)
{
    struct worker workers[SESSIONS_MAX];
    pthread_barrier_init(&start, NULL, (unsigned)sessions + 1);
    for (int i = 0; i < sessions; i++) {
        workers[i].count = count / sessions + (i < count % sessions);
        CK_RV rv = f->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &workers[i].session);
        need(rv == CKR_OK, "C_OpenSession", rv);
        need(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0, "a thread", 0);
    }
    pthread_barrier_wait(&start);
    double begun = now();
    for (int i = 0; i < sessions; i++)
        pthread_join(workers[i].thread, NULL);
    return now() - begun;
}

int main(int argc, char **argv)
{
    char *module = NULL, *token = NULL, *label = NULL, *name = NULL;
    int count = 0, sessions = 0, fd = -1;
    for (int i = 1; i + 1 < argc; i += 2) {
        char *value = argv[i + 1];
        if (strcmp(argv[i], "--module") == 0)
            module = value;
        else if (strcmp(argv[i], "--token") == 0)
            token = value;
        else if (strcmp(argv[i], "--key") == 0)
            label = value;
        else if (strcmp(argv[i], "--mechanism") == 0)
            name = value;
        else if (strcmp(argv[i], "--count") == 0)
            count = atoi(value);
        else if (strcmp(argv[i], "--sessions") == 0)
            sessions = atoi(value);
        else if (strcmp(argv[i], "--pin-fd") == 0)
            fd = atoi(value);
    }
    for (size_t i = 0; name != NULL && i < sizeof mechanisms / sizeof mechanisms[0]; i++)
        if (strcmp(mechanisms[i].name, name) == 0)
            mechanism = &mechanisms[i];
    if (module == NULL || token == NULL || label == NULL || mechanism == NULL || count < 1 || sessions < 1 ||
        sessions > SESSIONS_MAX || fd < 0) {
        fprintf(stderr, "usage: rawsign --module FILE --token LABEL --key LABEL --mechanism rsa|rsa-sha256|sm2\n"
                        "               --count N --sessions S --pin-fd FD\n");
        return 2;
    }
    load(module);
    CK_SLOT_ID slot = find_slot(token);
    CK_SESSION_HANDLE session;
    CK_RV rv = f->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session);
    need(rv == CKR_OK, "C_OpenSession", rv);
    log_in(session, fd);
    key = find_key(session, label);
    printf("%.1f\n", count / run(slot, count, sessions));
    f->C_Finalize(NULL);
    return 0;
}
