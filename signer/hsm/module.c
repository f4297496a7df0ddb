#include <dlfcn.h>
#include <stdlib.h>

#include "hsm/ckr.h"
#include "hsm/session.h"

/* The functions of a module that was opened; NULL, with the diag set to E_MODULE, when it has none. */
static CK_FUNCTION_LIST *list_functions(void *module, const char *path, struct diag *d)
{
    char name[CKR_NAME_MAX];
    CK_FUNCTION_LIST *f = NULL;
    CK_C_GetFunctionList get_list = (CK_C_GetFunctionList)dlsym(module, "C_GetFunctionList");
    if (get_list == NULL) {
        diag_set(d, E_MODULE, "%s is no PKCS#11 module: it has no C_GetFunctionList", path);
        return NULL;
    }
    CK_RV rv = get_list(&f);
    if (rv == CKR_OK && f != NULL)
        return f;
    diag_set(d, E_MODULE, "%s: C_GetFunctionList: %s", path, ckr_name(rv, name));
    return NULL;
}

/* Our own dlopen() goes first: libp11 would print what the linker says instead of returning it. */
enum err module_load(struct hsm *h, const char *path, struct diag *d)
{
    watch_begin(h->watch, "loading the module", 1);
    h->module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (h->module == NULL)
        diag_set(d, E_MODULE, "%s", dlerror());
    else
        h->f = list_functions(h->module, path, d);
    watch_end(h->watch, CKR_OK);
    if (h->f == NULL)
        return E_MODULE;

    h->ctx = PKCS11_CTX_new();
    if (h->ctx == NULL)
        return diag_set(d, E_NO_MEMORY, "libp11");
    if (CALL_LIBP11(h, "C_Initialize", PKCS11_CTX_load(h->ctx, path)) != 0) {
        struct diag cause = {0};
        (void)session_fail_libp11(h, "C_Initialize", &cause);
        PKCS11_CTX_free(h->ctx);
        h->ctx = NULL;
        return diag_wrap(d, E_MODULE_INIT, &cause, "%s", path);
    }
    return E_OK;
}

enum err module_slots(struct hsm *h, CK_SLOT_ID **out, CK_ULONG *n, struct diag *d)
{
    CK_ULONG room = 0;
    *n = 0;
    CK_RV rv = CALL(h, C_GetSlotList, CK_TRUE, NULL, &room);
    if (rv != CKR_OK)
        return session_fail(h, rv, "C_GetSlotList", d);
    *out = calloc(room + 1, sizeof **out);
    if (*out == NULL)
        return diag_set(d, E_NO_MEMORY, "slots");
    rv = CALL(h, C_GetSlotList, CK_TRUE, *out, &room);
    if (rv != CKR_OK)
        return session_fail(h, rv, "C_GetSlotList", d);
    *n = room;
    return E_OK;
}

/* C_Finalize, then the module is let go: it may do anything in either. */
void module_unload(struct hsm *h)
{
    watch_begin(h->watch, "C_Finalize through libp11", 1);
    if (h->slots != NULL)
        PKCS11_release_all_slots(h->ctx, h->slots, h->slots_n);
    if (h->ctx != NULL) {
        PKCS11_CTX_unload(h->ctx);
        PKCS11_CTX_free(h->ctx);
    }
    if (h->module != NULL)
        dlclose(h->module);
    watch_end(h->watch, CKR_OK);
}
