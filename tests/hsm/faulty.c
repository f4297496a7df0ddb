/* faulty.c - the faulty module's list of functions: see faulty.h for what it does and how it is told to.
 *
 * Each function of the list asks fault.c first. A function that is not here is NULL in the list: a program that came to
 * call it would crash, instead of making a call that no sweep counts.
 */
#include "faulty.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

CK_FUNCTION_LIST *behind;
static CK_FUNCTION_LIST front;

/* FRONT(NAME, (parameters), what is called when nothing strikes) */
#define FRONT(name, parameters, call)                       \
    static CK_RV front_##name parameters                    \
    {                                                       \
        CK_RV rv;                                           \
        enum lie lie;                                       \
        return fault_strikes(#name, &rv, &lie) ? rv : call; \
    }

FRONT(C_Initialize, (void *args), behind->C_Initialize(args))
FRONT(C_Finalize, (void *reserved), behind->C_Finalize(reserved))
FRONT(C_GetInfo, (CK_INFO *info), behind->C_GetInfo(info))
FRONT(C_GetSlotList, (CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *n), behind->C_GetSlotList(present, list, n))
FRONT(C_GetSlotInfo, (CK_SLOT_ID slot, CK_SLOT_INFO *info), behind->C_GetSlotInfo(slot, info))
FRONT(C_GetTokenInfo, (CK_SLOT_ID slot, CK_TOKEN_INFO *info), pin_token_info(slot, info))
FRONT(C_OpenSession, (CK_SLOT_ID slot, CK_FLAGS flags, void *arg, CK_NOTIFY notify, CK_SESSION_HANDLE *s),
      behind->C_OpenSession(slot, flags, arg, notify, s))
FRONT(C_CloseSession, (CK_SESSION_HANDLE s), behind->C_CloseSession(s))
FRONT(C_CloseAllSessions, (CK_SLOT_ID slot), behind->C_CloseAllSessions(slot))
FRONT(C_GetSessionInfo, (CK_SESSION_HANDLE s, CK_SESSION_INFO *info), behind->C_GetSessionInfo(s, info))
FRONT(C_Login, (CK_SESSION_HANDLE s, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG n), pin_login(s, user, pin, n))
FRONT(C_Logout, (CK_SESSION_HANDLE s), behind->C_Logout(s))
FRONT(C_CreateObject, (CK_SESSION_HANDLE s, CK_ATTRIBUTE *a, CK_ULONG n, CK_OBJECT_HANDLE *o),
      behind->C_CreateObject(s, a, n, o))
FRONT(C_InitToken, (CK_SLOT_ID slot, CK_UTF8CHAR *pin, CK_ULONG n, CK_UTF8CHAR *label),
      behind->C_InitToken(slot, pin, n, label))
FRONT(C_InitPIN, (CK_SESSION_HANDLE s, CK_UTF8CHAR *pin, CK_ULONG n), behind->C_InitPIN(s, pin, n))
FRONT(C_GenerateKey, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *a, CK_ULONG n, CK_OBJECT_HANDLE *o),
      behind->C_GenerateKey(s, m, a, n, o))
FRONT(C_WrapKey,
      (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE by, CK_OBJECT_HANDLE key, CK_BYTE *out, CK_ULONG *n),
      behind->C_WrapKey(s, m, by, key, out, n))
FRONT(C_UnwrapKey,
      (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE by, CK_BYTE *in, CK_ULONG n, CK_ATTRIBUTE *a, CK_ULONG a_n,
       CK_OBJECT_HANDLE *o),
      behind->C_UnwrapKey(s, m, by, in, n, a, a_n, o))
FRONT(C_SetAttributeValue, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a, CK_ULONG n),
      behind->C_SetAttributeValue(s, o, a, n))
FRONT(C_DestroyObject, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o), behind->C_DestroyObject(s, o))
FRONT(C_GetAttributeValue, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a, CK_ULONG n),
      dialect_attributes(s, o, a, n))
FRONT(C_FindObjectsInit, (CK_SESSION_HANDLE s, CK_ATTRIBUTE *a, CK_ULONG n), behind->C_FindObjectsInit(s, a, n))
FRONT(C_FindObjects, (CK_SESSION_HANDLE s, CK_OBJECT_HANDLE *o, CK_ULONG max, CK_ULONG *n),
      behind->C_FindObjects(s, o, max, n))
FRONT(C_FindObjectsFinal, (CK_SESSION_HANDLE s), behind->C_FindObjectsFinal(s))
FRONT(C_GenerateKeyPair,
      (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_ATTRIBUTE *public_, CK_ULONG public_n, CK_ATTRIBUTE *private_,
       CK_ULONG private_n, CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key),
      dialect_generate(s, m, public_, public_n, private_, private_n, public_key, private_key))

static CK_RV sign_init(CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key)
{
    count_begin(s, key);
    return dialect_sign_init(s, m, key);
}

/* Without a place for the signature it is only asked how long it would be. */
static CK_RV sign(enum lie lie, CK_SESSION_HANDLE s, CK_BYTE *data, CK_ULONG n, CK_BYTE *out, CK_ULONG *out_n)
{
    return out == NULL ? lie_sign(LIE_NONE, s, data, n, NULL, out_n) : count_made(s, lie_sign(lie, s, data, n, out, out_n));
}

FRONT(C_SignInit, (CK_SESSION_HANDLE s, CK_MECHANISM *m, CK_OBJECT_HANDLE key),
      sign_init(s, m, lie == LIE_OTHER ? lie_other_key(s, key) : key))
FRONT(C_Sign, (CK_SESSION_HANDLE s, CK_BYTE *data, CK_ULONG n, CK_BYTE *out, CK_ULONG *out_n), sign(lie, s, data, n, out, out_n))

static bool load(void)
{
    const char *path = getenv("FAULTY_MODULE");
    void *module = path != NULL ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    CK_C_GetFunctionList get = module != NULL ? (CK_C_GetFunctionList)dlsym(module, "C_GetFunctionList") : NULL;
    if (get != NULL && get(&behind) == CKR_OK)
        return true;
    fprintf(stderr, "faulty: %s\n", path == NULL ? "FAULTY_MODULE is not set" : dlerror());
    return false;
}

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
    if (behind == NULL && (!load() || !fault_init() || !dialect_init() || !pin_init() || !count_init()))
        return CKR_GENERAL_ERROR;
    memset(&front, 0, sizeof front);
    front.version = behind->version;
    front.C_GetFunctionList = C_GetFunctionList;
#define LIST(name) front.name = front_##name
    LIST(C_Initialize), LIST(C_Finalize), LIST(C_GetInfo);
    LIST(C_GetSlotList), LIST(C_GetSlotInfo), LIST(C_GetTokenInfo);
    LIST(C_OpenSession), LIST(C_CloseSession), LIST(C_CloseAllSessions), LIST(C_GetSessionInfo);
    LIST(C_Login), LIST(C_Logout);
    LIST(C_CreateObject), LIST(C_DestroyObject), LIST(C_GetAttributeValue);
    LIST(C_FindObjectsInit), LIST(C_FindObjects), LIST(C_FindObjectsFinal);
    LIST(C_GenerateKeyPair), LIST(C_SignInit), LIST(C_Sign);
    LIST(C_InitToken), LIST(C_InitPIN), LIST(C_GenerateKey), LIST(C_WrapKey), LIST(C_UnwrapKey), LIST(C_SetAttributeValue);
    *list = &front;
    return CKR_OK;
}
