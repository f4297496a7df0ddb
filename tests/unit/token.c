#include "token.h"

#include <check.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"

#define MAX_ROWS 32

const struct hsm_patience token_patience = {"check", 60, NULL};

static struct {
    struct policy_key row;
    char name[64], uri[128];
} rows[MAX_ROWS];
static size_t rows_used;

static char folder[] = "/tmp/rootseal-token-XXXXXX";

const char *token_module(void)
{
    return getenv("ROOTSEAL_MODULE");
}

/* Stock tools must not run with the libraries that a sanitizer build preloads. */
static void run(const char *command)
{
    char line[512];
    snprintf(line, sizeof line, "env -u LD_PRELOAD %s", command);
    ck_assert_int_eq(system(line), 0);
}

void token_add(const char *label)
{
    char command[256];
    snprintf(command, sizeof command,
             "softhsm2-util --init-token --free --label %s --so-pin 31415926 --pin " TOKEN_PIN
             " >/dev/null",
             label);
    run(command);
}

void token_make(void)
{
    rows_used = 0;
    memcpy(strrchr(folder, '-'), "-XXXXXX", 7);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char conf[64];
    snprintf(conf, sizeof conf, "%s/softhsm2.conf", folder);
    FILE *f = fopen(conf, "w");
    ck_assert_ptr_nonnull(f);
    fprintf(f, "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n",
            folder);
    fclose(f);
    setenv("SOFTHSM2_CONF", conf, 1);
    token_add("rootseal-test");
}

void token_remove(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    run(command);
}

struct hsm *token_open(enum policy_vendor vendor)
{
    struct hsm *h;
    struct diag d = {0};
    struct pin pin = {.text = TOKEN_PIN, .n = strlen(TOKEN_PIN)};
    expect_ok_diag(hsm_open(token_module(), TOKEN_URI, vendor, &token_patience, &h, &d), &d);
    expect_ok_diag(hsm_login(h, &pin, &d), &d);
    pin_wipe(&pin);
    return h;
}

const struct policy_key *token_row(const char *name, enum key_kind kind, int bits, enum sig_alg alg)
{
    ck_assert_uint_lt(rows_used, MAX_ROWS);
    size_t i = rows_used++;
    snprintf(rows[i].name, sizeof rows[i].name, "%s", name);
    snprintf(rows[i].uri, sizeof rows[i].uri, TOKEN_URI ";object=%s", name);
    rows[i].row = (struct policy_key){
        .name = rows[i].name, .uri = rows[i].uri, .kind = kind, .bits = bits, .alg = alg};
    return &rows[i].row;
}

CK_FUNCTION_LIST *token_functions(void)
{
    void *module = dlopen(token_module(), RTLD_NOW | RTLD_NOLOAD);
    ck_assert_ptr_nonnull(module);
    CK_C_GetFunctionList get = (CK_C_GetFunctionList)dlsym(module, "C_GetFunctionList");
    CK_FUNCTION_LIST *f = NULL;
    ck_assert_uint_eq(get(&f), CKR_OK);
    dlclose(module);
    return f;
}

CK_SESSION_HANDLE token_session(void)
{
    CK_FUNCTION_LIST *f = token_functions();
    CK_SLOT_ID slots[8];
    CK_ULONG n = 8;
    CK_SESSION_HANDLE s = 0;
    ck_assert_uint_eq(f->C_GetSlotList(CK_TRUE, slots, &n), CKR_OK);
    for (CK_ULONG i = 0; i < n && s == 0; i++) {
        CK_TOKEN_INFO info;
        ck_assert_uint_eq(f->C_GetTokenInfo(slots[i], &info), CKR_OK);
        if (memcmp(info.label, "rootseal-test ", 14) == 0)
            ck_assert_uint_eq(
                f->C_OpenSession(slots[i], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s),
                CKR_OK);
    }
    ck_assert_uint_ne(s, 0);
    return s;
}

CK_OBJECT_HANDLE token_object(CK_SESSION_HANDLE s, CK_OBJECT_CLASS class_, const char *label)
{
    CK_FUNCTION_LIST *f = token_functions();
    CK_ATTRIBUTE t[] = {{CKA_CLASS, &class_, sizeof class_},
                        {CKA_LABEL, (void *)label, strlen(label)}};
    CK_OBJECT_HANDLE o[2];
    CK_ULONG n = 0;
    ck_assert_uint_eq(f->C_FindObjectsInit(s, t, 2), CKR_OK);
    ck_assert_uint_eq(f->C_FindObjects(s, o, 2, &n), CKR_OK);
    ck_assert_uint_eq(f->C_FindObjectsFinal(s), CKR_OK);
    ck_assert_uint_eq(n, 1);
    return o[0];
}
