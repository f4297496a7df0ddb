/* faulty.c - a PKCS#11 module in front of another that fails where it is told to, for the scenario tests.
 *
 *   FAULTY_MODULE  the module behind it
 *   FAULTY_CALL    C_Login, C_Sign, C_SignInit, C_FindObjects, C_CreateObject or C_GetTokenInfo; without it, nothing fails
 *   FAULTY_ANSWER  what that call answers (a CKR_ number); "lie": the answer is CKR_OK and a wrong signature; "die": the
 *                  token is gone, and every later call says so
 *   FAULTY_AFTER   how many such calls go well before (0)
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static CK_FUNCTION_LIST *behind;
static CK_FUNCTION_LIST front;
static const char *call, *answer;
static long good;
static bool dead;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Is it this call's turn to fail? Then *rv is what it says, CKR_OK for a lie. */
static bool fails(const char *name, CK_RV *rv)
{
    bool now = false;
    pthread_mutex_lock(&lock);
    if (dead) {
        now = true;
        *rv = CKR_DEVICE_REMOVED;
    } else if (call != NULL && strcmp(call, name) == 0 && good-- <= 0) {
        now = true;
        dead = strcmp(answer, "die") == 0;
        if (dead)
            *rv = CKR_DEVICE_REMOVED;
        else
            *rv = strcmp(answer, "lie") == 0 ? CKR_OK : (CK_RV)strtoul(answer, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    return now;
}

static CK_RV login(CK_SESSION_HANDLE s, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG n)
{
    CK_RV rv;
    return fails("C_Login", &rv) ? rv : behind->C_Login(s, user, pin, n);
}

static CK_RV sign_init(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key)
{
    CK_RV rv;
    return fails("C_SignInit", &rv) ? rv : behind->C_SignInit(s, m, key);
}

static CK_RV sign(CK_SESSION_HANDLE s, CK_BYTE *data, CK_ULONG n, CK_BYTE *out, CK_ULONG *out_n)
{
    CK_RV rv, real;
    if (out == NULL || !fails("C_Sign", &rv))
        return behind->C_Sign(s, data, n, out, out_n);
    real = behind->C_Sign(s, data, n, out, out_n);
    if (rv != CKR_OK || real != CKR_OK || *out_n == 0)
        return rv != CKR_OK ? rv : real;
    out[*out_n - 1] ^= 1;
    return CKR_OK;
}

static CK_RV find(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE *o, CK_ULONG max, CK_ULONG *n)
{
    CK_RV rv;
    return fails("C_FindObjects", &rv) ? rv : behind->C_FindObjects(s, o, max, n);
}

static CK_RV create(CK_SESSION_HANDLE s, CK_ATTRIBUTE *a, CK_ULONG n, CK_OBJECT_HANDLE *o)
{
    CK_RV rv;
    return fails("C_CreateObject", &rv) ? rv : behind->C_CreateObject(s, a, n, o);
}

static CK_RV token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    CK_RV rv;
    return fails("C_GetTokenInfo", &rv) ? rv : behind->C_GetTokenInfo(slot, info);
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
    const char *path = getenv("FAULTY_MODULE"), *after = getenv("FAULTY_AFTER");
    void *module = path != NULL ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    CK_C_GetFunctionList get = module != NULL ? (CK_C_GetFunctionList)dlsym(module, "C_GetFunctionList") : NULL;
    if (get == NULL || get(&behind) != CKR_OK) {
        fprintf(stderr, "faulty: %s\n", path == NULL ? "FAULTY_MODULE is not set" : dlerror());
        return CKR_GENERAL_ERROR;
    }
    call = getenv("FAULTY_CALL");
    answer = getenv("FAULTY_ANSWER");
    good = after != NULL ? atol(after) : 0;
    if (answer == NULL)
        answer = "0x30"; /* CKR_DEVICE_ERROR */
    front = *behind;
    front.C_Login = login;
    front.C_SignInit = sign_init;
    front.C_Sign = sign;
    front.C_FindObjects = find;
    front.C_CreateObject = create;
    front.C_GetTokenInfo = token_info;
    *list = &front;
    return CKR_OK;
}
