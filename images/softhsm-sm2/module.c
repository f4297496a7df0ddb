/*
 * The outer library: a PKCS#11 module that is Debian's SoftHSM2 plus one way to sign SM2.
 *
 * C_GetFunctionList opens the inner library, which brings in libsofthsm2.so, copies SoftHSM's
 * function list and replaces only what SM2 needs:
 *
 *   C_GetMechanismList, C_GetMechanismInfo   the two vendor mechanisms appear
 *   C_GenerateKeyPair                        vendor mechanism; SM2 keys stay in the token
 *   C_SignInit, C_VerifyInit                 SM2 keys sign by the vendor mechanism only
 *   C_Sign                                   an input that is not e gets CKR_DATA_LEN_RANGE
 *
 *   C_Initialize                             forgets the handles of the last time
 *   C_GetFunctionList                        answers with this list
 *
 * There is no state but the function list, written once, and two atomic handles: sessions, objects
 * and operations are SoftHSM's, so this module is as thread safe as SoftHSM is.
 */
#include "inner.h"

#include <dlfcn.h>
#include <limits.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

/* The generic numbers for SM2, in the range PKCS#11 leaves to vendors. Parameter: none. */
#define CKM_SM2_KEY_PAIR_GEN 0xFFFFF001UL
#define CKM_SM2_SIGN_E 0xFFFFF002UL /* in: e, 32 bytes; out: r and s, 32 bytes each, big-endian */

#define SM2_BITS 256
#define VENDOR_COUNT 2
#define MAX_EC_PARAMS 1024 /* explicit parameters of the largest curves stay below this */
#define MAX_TEMPLATE 32    /* SoftHSM takes no longer template for a new key */

/* ECParameters naming 1.2.156.10197.1.301, the SM2 curve. */
static const CK_BYTE sm2_params[] = {0x06, 0x08, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x82, 0x2D};

/* Written once under `loaded`, read only after. */
static pthread_once_t loaded = PTHREAD_ONCE_INIT;
static CK_FUNCTION_LIST ours;
static CK_FUNCTION_LIST_PTR token; /* SoftHSM's own */
static inner_bad_length_fn *inner_bad_length;
static inner_is_sm2_fn *inner_is_sm2;

/*
 * The last confined SM2 key and the last key of another kind, as handles; 0 is no handle. Looking
 * at a key costs up to a twelfth of an SM2 signature. SoftHSM counts handles up until C_Finalize
 * and gives none out twice, what key_look reads of a key never changes, and SoftHSM still checks
 * that the session may use the key.
 */
static _Atomic CK_OBJECT_HANDLE last_sm2, last_other;

static bool is_sm2_oid(const void *params, CK_ULONG len)
{
    return params != NULL && len == sizeof(sm2_params) && memcmp(params, sm2_params, len) == 0;
}

static CK_RV initialize(void *args)
{
    last_sm2 = CK_INVALID_HANDLE;
    last_other = CK_INVALID_HANDLE;
    return token->C_Initialize(args);
}

/* ------------------------------------------------------------------ mechanisms */

/* A configuration that takes ECDSA away takes away what the vendor mechanisms are made of. */
static bool slot_has_vendor(CK_SLOT_ID slot)
{
    CK_MECHANISM_INFO info;

    return token->C_GetMechanismInfo(slot, CKM_ECDSA, &info) == CKR_OK;
}

static CK_RV get_mechanism_list(CK_SLOT_ID slot, CK_MECHANISM_TYPE_PTR list, CK_ULONG_PTR count)
{
    CK_ULONG have, room;
    CK_RV rv;

    if (count == NULL || !slot_has_vendor(slot))
        return token->C_GetMechanismList(slot, list, count);
    rv = token->C_GetMechanismList(slot, NULL, &have);
    if (rv != CKR_OK)
        return rv;
    room = *count;
    *count = have + VENDOR_COUNT;
    if (list == NULL)
        return CKR_OK;
    if (room < have + VENDOR_COUNT)
        return CKR_BUFFER_TOO_SMALL;
    rv = token->C_GetMechanismList(slot, list, &have);
    if (rv != CKR_OK)
        return rv;
    list[have] = CKM_SM2_KEY_PAIR_GEN;
    list[have + 1] = CKM_SM2_SIGN_E;
    *count = have + VENDOR_COUNT;
    return CKR_OK;
}

static CK_RV get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO_PTR info)
{
    CK_MECHANISM_TYPE base;
    CK_RV rv;

    if (type == CKM_SM2_SIGN_E)
        base = CKM_ECDSA;
    else if (type == CKM_SM2_KEY_PAIR_GEN)
        base = CKM_EC_KEY_PAIR_GEN;
    else
        return token->C_GetMechanismInfo(slot, type, info);
    rv = token->C_GetMechanismInfo(slot, base, info);
    if (rv != CKR_OK)
        return rv;
    info->ulMinKeySize = SM2_BITS;
    info->ulMaxKeySize = SM2_BITS;
    info->flags &= ~(CK_FLAGS)CKF_VERIFY;
    return CKR_OK;
}

/* ------------------------------------------------------------------ keys */

/* What the module must know of a key before it signs or verifies. */
struct key_view {
    bool sm2;      /* its curve is SM2's */
    bool confined; /* made in the token, always sensitive, never extractable */
};

/*
 * Reads `view` from the token. Returns the token's error when the key cannot be looked at. One call
 * for all attributes: SoftHSM looks at the object's file in each.
 */
static CK_RV key_read(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, struct key_view *view)
{
    CK_BYTE params[MAX_EC_PARAMS];
    CK_BBOOL local = CK_FALSE, sensitive = CK_FALSE, captive = CK_FALSE;
    CK_ATTRIBUTE attr[] = {
        {CKA_EC_PARAMS, params, sizeof(params)},
        {CKA_LOCAL, &local, sizeof(local)},
        {CKA_ALWAYS_SENSITIVE, &sensitive, sizeof(sensitive)},
        {CKA_NEVER_EXTRACTABLE, &captive, sizeof(captive)},
    };
    CK_RV rv;

    memset(view, 0, sizeof(*view));
    rv = token->C_GetAttributeValue(session, key, attr, sizeof(attr) / sizeof(attr[0]));
    if (rv == CKR_BUFFER_TOO_SMALL)
        return CKR_KEY_SIZE_RANGE;
    /* A key of another kind has no curve, a public key no secrecy: what is missing stays false. */
    if (rv != CKR_OK && rv != CKR_ATTRIBUTE_TYPE_INVALID)
        return rv;
    if (attr[0].ulValueLen == 0 || attr[0].ulValueLen > sizeof(params))
        return CKR_OK;
    view->sm2 = is_sm2_oid(params, attr[0].ulValueLen);
    /* Only parameters that are not a name need parsing: SoftHSM also takes curves spelt out. */
    if (!view->sm2 && params[0] != sm2_params[0])
        view->sm2 = inner_is_sm2(params, attr[0].ulValueLen);
    view->confined = local && sensitive && captive;
    return CKR_OK;
}

/* Fills `view` for the key. Returns the token's error when the key cannot be looked at. */
static CK_RV key_look(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, struct key_view *view)
{
    bool known_sm2 = key != CK_INVALID_HANDLE && key == last_sm2;
    CK_RV rv = CKR_OK;

    *view = (struct key_view){.sm2 = known_sm2, .confined = known_sm2};
    if (known_sm2 || (key != CK_INVALID_HANDLE && key == last_other))
        return CKR_OK;
    rv = key_read(session, key, view);
    if (rv == CKR_OK && view->sm2 && view->confined)
        last_sm2 = key;
    else if (rv == CKR_OK && !view->sm2)
        last_other = key;
    return rv;
}

/* Refuses a private-key template that would let an SM2 key out of the token. */
static bool template_confines(const CK_ATTRIBUTE *attr, CK_ULONG count)
{
    for (CK_ULONG i = 0; i < count; i++) {
        CK_BBOOL want = CK_TRUE;

        if (attr[i].type == CKA_EXTRACTABLE)
            want = CK_FALSE;
        else if (attr[i].type != CKA_SENSITIVE)
            continue;
        if (attr[i].pValue == NULL || attr[i].ulValueLen != sizeof(CK_BBOOL) ||
            *(const CK_BBOOL *)attr[i].pValue != want)
            return false;
    }
    return true;
}

static bool params_are_sm2(const CK_ATTRIBUTE *attr)
{
    return is_sm2_oid(attr->pValue, attr->ulValueLen) ||
           (attr->pValue != NULL && inner_is_sm2(attr->pValue, attr->ulValueLen));
}

/* Key-pair generation by the vendor mechanism: the curve may be left out, another is refused. */
static CK_RV generate_sm2(CK_SESSION_HANDLE session, const CK_MECHANISM *mechanism,
                          const CK_ATTRIBUTE *pub, CK_ULONG pub_count, CK_ATTRIBUTE *priv,
                          CK_ULONG priv_count, CK_OBJECT_HANDLE *pub_key,
                          CK_OBJECT_HANDLE *priv_key)
{
    CK_MECHANISM plain = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
    CK_ATTRIBUTE with_curve[MAX_TEMPLATE + 1];
    CK_BYTE params[sizeof(sm2_params)];
    bool have_curve = false;

    if (mechanism->pParameter != NULL || mechanism->ulParameterLen != 0)
        return CKR_MECHANISM_PARAM_INVALID;
    if (pub_count > MAX_TEMPLATE)
        return CKR_TEMPLATE_INCONSISTENT;
    for (CK_ULONG i = 0; i < pub_count; i++) {
        with_curve[i] = pub[i];
        if (pub[i].type != CKA_EC_PARAMS)
            continue;
        if (!is_sm2_oid(pub[i].pValue, pub[i].ulValueLen))
            return CKR_CURVE_NOT_SUPPORTED;
        have_curve = true;
    }
    if (!template_confines(priv, priv_count))
        return CKR_TEMPLATE_INCONSISTENT;
    if (!have_curve) {
        memcpy(params, sm2_params, sizeof(params));
        with_curve[pub_count++] = (CK_ATTRIBUTE){CKA_EC_PARAMS, params, sizeof(params)};
    }
    return token->C_GenerateKeyPair(session, &plain, with_curve, pub_count, priv, priv_count,
                                    pub_key, priv_key);
}

static CK_RV generate_key_pair(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism,
                               CK_ATTRIBUTE_PTR pub, CK_ULONG pub_count, CK_ATTRIBUTE_PTR priv,
                               CK_ULONG priv_count, CK_OBJECT_HANDLE_PTR pub_key,
                               CK_OBJECT_HANDLE_PTR priv_key)
{
    bool vendor = mechanism != NULL && mechanism->mechanism == CKM_SM2_KEY_PAIR_GEN;
    bool ec = mechanism != NULL && mechanism->mechanism == CKM_EC_KEY_PAIR_GEN;

    if ((pub == NULL && pub_count > 0) || (priv == NULL && priv_count > 0))
        return CKR_ARGUMENTS_BAD;
    if (vendor)
        return generate_sm2(session, mechanism, pub, pub_count, priv, priv_count, pub_key,
                            priv_key);
    for (CK_ULONG i = 0; ec && i < pub_count; i++) {
        if (pub[i].type == CKA_EC_PARAMS && params_are_sm2(&pub[i]) &&
            !template_confines(priv, priv_count))
            return CKR_TEMPLATE_INCONSISTENT;
    }
    return token->C_GenerateKeyPair(session, mechanism, pub, pub_count, priv, priv_count, pub_key,
                                    priv_key);
}

/* ------------------------------------------------------------------ signing */

/*
 * An SM2 key signs by the vendor mechanism and no other: SoftHSM looks at a mechanism before the
 * key's type, and some of its mechanisms crash on a key of another kind.
 */
static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key)
{
    CK_MECHANISM plain = {CKM_ECDSA, NULL, 0};
    struct key_view view;
    bool vendor;
    CK_RV rv;

    if (mechanism == NULL)
        return token->C_SignInit(session, mechanism, key);
    vendor = mechanism->mechanism == CKM_SM2_SIGN_E;
    rv = key_look(session, key, &view);
    if (rv != CKR_OK)
        return rv;
    if (view.sm2 != vendor)
        return CKR_KEY_TYPE_INCONSISTENT;
    if (!vendor)
        return token->C_SignInit(session, mechanism, key);
    if (mechanism->pParameter != NULL || mechanism->ulParameterLen != 0)
        return CKR_MECHANISM_PARAM_INVALID;
    /* An imported or extractable key may exist elsewhere: it does not sign as the token's own. */
    if (!view.confined)
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    return token->C_SignInit(session, &plain, key);
}

static CK_RV sign(CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG data_len,
                  CK_BYTE_PTR signature, CK_ULONG_PTR signature_len)
{
    CK_RV rv;

    (void)inner_bad_length();
    rv = token->C_Sign(session, data, data_len, signature, signature_len);
    if (rv == CKR_GENERAL_ERROR && inner_bad_length())
        return CKR_DATA_LEN_RANGE;
    return rv;
}

static CK_RV verify_init(CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism,
                         CK_OBJECT_HANDLE key)
{
    struct key_view view;
    CK_RV rv = key_look(session, key, &view);

    if (rv != CKR_OK)
        return rv;
    if (view.sm2)
        return CKR_KEY_TYPE_INCONSISTENT;
    return token->C_VerifyInit(session, mechanism, key);
}

/* ------------------------------------------------------------------ loading */

static void complain(const char *what, const char *detail)
{
    /* PKCS#11 has no channel for the reason a module cannot start, and it is needed by a person. */
    fprintf(stderr, "softhsm-sm2: %s%s%s\n", what, detail == NULL ? "" : ": ",
            detail == NULL ? "" : detail);
}

/* Puts the path of `name` in this module's own folder into `path`. */
static bool path_beside(const char *name, char *path, size_t size)
{
    Dl_info self;
    const char *slash;
    int len;

    if (dladdr(&loaded, &self) == 0 || self.dli_fname == NULL)
        return false;
    slash = strrchr(self.dli_fname, '/');
    len = slash == NULL ? 0 : (int)(slash - self.dli_fname) + 1;
    len = snprintf(path, size, "%.*s%s", len, self.dli_fname, name);
    return len > 0 && (size_t)len < size;
}

/*
 * If the inner library was preloaded and so answers ECDSA_do_sign for the whole process, puts its
 * path into `path` and returns true.
 */
static bool inner_is_global(char *path, size_t size)
{
    void *marker = dlsym(RTLD_DEFAULT, INNER_IS_SM2);
    void *taken = dlsym(RTLD_DEFAULT, "ECDSA_do_sign");
    Dl_info inner, first;
    int len;

    if (marker == NULL || taken == NULL)
        return false;
    if (dladdr(marker, &inner) == 0 || dladdr(taken, &first) == 0)
        return false;
    if (inner.dli_fbase != first.dli_fbase || inner.dli_fname == NULL)
        return false;
    len = snprintf(path, size, "%s", inner.dli_fname);
    return len > 0 && (size_t)len < size;
}

static bool is_loaded(const char *name)
{
    void *handle = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);

    if (handle == NULL)
        return false;
    dlclose(handle);
    return true;
}

/*
 * Opens the inner library so that SoftHSM's ECDSA_do_sign is the inner's. Returns NULL after saying
 * why when that cannot be had: a SoftHSM bound to libcrypto would answer SM2 with ECDSA.
 */
static void *inner_open(void)
{
    char path[PATH_MAX];
    int flags = RTLD_NOW | RTLD_LOCAL;
    void *handle;

    if (!inner_is_global(path, sizeof(path))) {
        if (!path_beside(INNER_FILE, path, sizeof(path))) {
            complain("cannot find the folder it was loaded from", NULL);
            return NULL;
        }
        if (!is_loaded(path) && is_loaded("libsofthsm2.so")) {
            complain("libsofthsm2.so is already loaded in this process and cannot sign SM2", NULL);
            return NULL;
        }
        if (dlsym(RTLD_DEFAULT, "__asan_init") != NULL) {
            complain("with AddressSanitizer, start the program with LD_PRELOAD naming the "
                     "sanitizer's runtime and then " INNER_FILE, NULL);
            return NULL;
        }
        flags |= RTLD_DEEPBIND; /* before any libcrypto the host program has in scope */
    }
    handle = dlopen(path, flags);
    if (handle == NULL)
        complain("cannot open the inner library", dlerror());
    return handle;
}

static void load(void)
{
    CK_C_GetFunctionList get_list;
    CK_FUNCTION_LIST_PTR list = NULL;
    void *inner = inner_open();

    if (inner == NULL)
        return;
    /* Not closed again: the process may hold the function list for as long as it lives. */
    inner_bad_length = (inner_bad_length_fn *)dlsym(inner, INNER_BAD_LENGTH);
    inner_is_sm2 = (inner_is_sm2_fn *)dlsym(inner, INNER_IS_SM2);
    get_list = (CK_C_GetFunctionList)dlsym(inner, "C_GetFunctionList");
    if (inner_bad_length == NULL || inner_is_sm2 == NULL || get_list == NULL ||
        get_list(&list) != CKR_OK || list == NULL) {
        complain("the inner library is not the one made for this module", NULL);
        return;
    }
    ours = *list;
    ours.C_GetFunctionList = C_GetFunctionList;
    ours.C_Initialize = initialize;
    ours.C_GetMechanismList = get_mechanism_list;
    ours.C_GetMechanismInfo = get_mechanism_info;
    ours.C_GenerateKeyPair = generate_key_pair;
    ours.C_SignInit = sign_init;
    ours.C_Sign = sign;
    ours.C_VerifyInit = verify_init;
    token = list;
}

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list)
{
    if (list == NULL)
        return CKR_ARGUMENTS_BAD;
    *list = NULL;
    if (pthread_once(&loaded, load) != 0 || token == NULL)
        return CKR_FUNCTION_FAILED;
    *list = &ours;
    return CKR_OK;
}
