#include "hsm/transfer.h"

#include <stdlib.h>
#include <string.h>

#include "core/i18n.h"
#include "hsm/ckr.h"
#include "hsm/session.h"
#include "hsm/sign.h"
#include "hsm/uri.h"

#define WAY_BITS 3072
#define WAY_BYTES (WAY_BITS / 8)
#define AES_BYTES 32
#define ID_MAX 256
#define WRAPPED_MAX 16384 /* a PKCS#8 of RSA-8192 has some 4,700 bytes */

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
#define FLAG(type, value) {type, &(value), sizeof(value)}

/* The keys of the way. Session objects: none of them outlives the session. */
struct way {
    CK_OBJECT_HANDLE rsa_there; /* private, on the second token */
    CK_OBJECT_HANDLE rsa_here;  /* its public half, on the first */
    CK_OBJECT_HANDLE aes_here, aes_there;
};

/* A token whose key may not leave, or that has no such way, says so in one of these: there is nothing wrong with it. */
static bool forbids(CK_RV rv)
{
    static const CK_RV answers[] = {
        CKR_KEY_UNEXTRACTABLE,          CKR_KEY_NOT_WRAPPABLE,         CKR_KEY_FUNCTION_NOT_PERMITTED,
        CKR_ACTION_PROHIBITED,          CKR_FUNCTION_NOT_SUPPORTED,    CKR_MECHANISM_INVALID,
        CKR_MECHANISM_PARAM_INVALID,    CKR_KEY_TYPE_INCONSISTENT,     CKR_KEY_SIZE_RANGE,
        CKR_WRAPPING_KEY_SIZE_RANGE,    CKR_WRAPPING_KEY_TYPE_INCONSISTENT,
        CKR_UNWRAPPING_KEY_SIZE_RANGE,  CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT,
        CKR_WRAPPED_KEY_INVALID,        CKR_WRAPPED_KEY_LEN_RANGE,     CKR_TEMPLATE_INCONSISTENT,
        CKR_TEMPLATE_INCOMPLETE,        CKR_ATTRIBUTE_READ_ONLY,       CKR_ATTRIBUTE_TYPE_INVALID,
        CKR_ATTRIBUTE_VALUE_INVALID,    CKR_CURVE_NOT_SUPPORTED,       CKR_DOMAIN_PARAMS_INVALID,
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (answers[i] == rv)
            return true;
    return false;
}

/* Why the key did not come over: the token does not allow it, or it failed, was pulled, lost its session. */
static enum err stays(const struct hsm *h, const struct policy_key *row, CK_RV rv, const char *call, struct diag *d)
{
    char name[CKR_NAME_MAX];
    if (!forbids(rv))
        return session_fail(h, rv, call, d);
    return diag_set(d, E_KEY_STAYS, "key \"%s\": %s: %s", row->name, call, ckr_name(rv, name));
}

/* ---------------------------------------------------------------- the way */

static enum err make_rsa(struct hsm *second, struct way *w, const struct policy_key *row, uint8_t modulus[WAY_BYTES], struct diag *d)
{
    CK_MECHANISM mechanism = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
    CK_ULONG bits = WAY_BITS;
    CK_BYTE exponent[] = {1, 0, 1};
    CK_OBJECT_HANDLE public_key;
    CK_ATTRIBUTE public_[] = {FLAG(CKA_TOKEN, no), FLAG(CKA_WRAP, yes), {CKA_MODULUS_BITS, &bits, sizeof bits},
                              {CKA_PUBLIC_EXPONENT, exponent, sizeof exponent}};
    CK_ATTRIBUTE private_[] = {FLAG(CKA_TOKEN, no),  FLAG(CKA_PRIVATE, yes),     FLAG(CKA_SENSITIVE, yes),
                               FLAG(CKA_UNWRAP, yes), FLAG(CKA_EXTRACTABLE, no), FLAG(CKA_SIGN, no)};
    size_t n = 0;
    CK_RV rv = CALL_FOR(second, WATCH_LONG, C_GenerateKeyPair, second->session, &mechanism, public_, 4, private_, 6,
                        &public_key, &w->rsa_there);
    if (rv != CKR_OK)
        return stays(second, row, rv, "C_GenerateKeyPair for the way", d);
    enum err e = object_bytes(second, public_key, CKA_MODULUS, modulus, WAY_BYTES, &n, d);
    return e == E_OK && n != WAY_BYTES ? diag_set(d, E_TOKEN, "the modulus for the way has %zu bytes", n) : e;
}

static enum err import_rsa(struct hsm *h, struct way *w, const struct policy_key *row, uint8_t modulus[WAY_BYTES], struct diag *d)
{
    CK_OBJECT_CLASS class_ = CKO_PUBLIC_KEY;
    CK_KEY_TYPE type = CKK_RSA;
    CK_BYTE exponent[] = {1, 0, 1};
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class_, sizeof class_},
                               {CKA_KEY_TYPE, &type, sizeof type},
                               FLAG(CKA_TOKEN, no),
                               FLAG(CKA_PRIVATE, no),
                               FLAG(CKA_WRAP, yes),
                               {CKA_MODULUS, modulus, WAY_BYTES},
                               {CKA_PUBLIC_EXPONENT, exponent, sizeof exponent}};
    CK_RV rv = CALL(h, C_CreateObject, h->session, template, 7, &w->rsa_here);
    return rv == CKR_OK ? E_OK : stays(h, row, rv, "C_CreateObject for the way", d);
}

static enum err make_aes(struct hsm *h, struct way *w, const struct policy_key *row, struct diag *d)
{
    CK_MECHANISM mechanism = {CKM_AES_KEY_GEN, NULL, 0};
    CK_ULONG n = AES_BYTES;
    CK_ATTRIBUTE template[] = {FLAG(CKA_TOKEN, no),        FLAG(CKA_PRIVATE, yes), FLAG(CKA_SENSITIVE, yes),
                               FLAG(CKA_EXTRACTABLE, yes), FLAG(CKA_WRAP, yes),    FLAG(CKA_ENCRYPT, no),
                               FLAG(CKA_DECRYPT, no),      {CKA_VALUE_LEN, &n, sizeof n}};
    CK_RV rv = CALL(h, C_GenerateKey, h->session, &mechanism, template, 8, &w->aes_here);
    return rv == CKR_OK ? E_OK : stays(h, row, rv, "C_GenerateKey for the way", d);
}

/* The AES key under RSA. OAEP with SHA-1, which SoftHSM alone knows, and which nothing is held against in OAEP. */
static enum err carry_aes(struct hsm *h, struct hsm *second, struct way *w, const struct policy_key *row, struct diag *d)
{
    CK_RSA_PKCS_OAEP_PARAMS oaep = {CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, NULL, 0};
    CK_MECHANISM mechanism = {CKM_RSA_PKCS_OAEP, &oaep, sizeof oaep};
    CK_OBJECT_CLASS class_ = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_BYTE wrapped[WAY_BYTES];
    CK_ULONG n = sizeof wrapped;
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class_, sizeof class_},
                               {CKA_KEY_TYPE, &type, sizeof type},
                               FLAG(CKA_TOKEN, no),
                               FLAG(CKA_PRIVATE, yes),
                               FLAG(CKA_SENSITIVE, yes),
                               FLAG(CKA_EXTRACTABLE, no),
                               FLAG(CKA_UNWRAP, yes),
                               FLAG(CKA_ENCRYPT, no),
                               FLAG(CKA_DECRYPT, no)};
    CK_RV rv = CALL(h, C_WrapKey, h->session, &mechanism, w->rsa_here, w->aes_here, wrapped, &n);
    if (rv != CKR_OK)
        return stays(h, row, rv, "C_WrapKey of the key for the way", d);
    rv = CALL(second, C_UnwrapKey, second->session, &mechanism, w->rsa_there, wrapped, n, template, 9, &w->aes_there);
    return rv == CKR_OK ? E_OK : stays(second, row, rv, "C_UnwrapKey of the key for the way", d);
}

static enum err make_way(struct hsm *h, struct hsm *second, struct way *w, const struct policy_key *row, struct diag *d)
{
    uint8_t modulus[WAY_BYTES];
    enum err e = make_rsa(second, w, row, modulus, d);
    if (e == E_OK)
        e = import_rsa(h, w, row, modulus, d);
    if (e == E_OK)
        e = make_aes(h, w, row, d);
    return e == E_OK ? carry_aes(h, second, w, row, d) : e;
}

/* ---------------------------------------------------------------- the key */

static enum err wrap(struct hsm_key *k, const struct way *w, CK_BYTE *out, CK_ULONG *n, struct diag *d)
{
    CK_MECHANISM mechanism = {CKM_AES_KEY_WRAP_PAD, NULL, 0};
    CK_RV rv = CALL(k->h, C_WrapKey, k->h->session, &mechanism, w->aes_here, k->handle, out, n);
    return rv == CKR_OK ? E_OK : stays(k->h, k->row, rv, "C_WrapKey", d);
}

static enum err unwrap(struct hsm *second, struct hsm_key *k, const struct way *w, CK_BYTE *wrapped, CK_ULONG n, struct diag *d)
{
    CK_MECHANISM mechanism = {CKM_AES_KEY_WRAP_PAD, NULL, 0};
    CK_OBJECT_CLASS class_ = CKO_PRIVATE_KEY;
    CK_KEY_TYPE type = k->row->kind == KEY_RSA ? CKK_RSA : second->vendor->key_type;
    CK_OBJECT_HANDLE made;
    uint8_t id[ID_MAX];
    size_t id_n = 0;
    struct uri *u = NULL;
    enum err e = uri_parse(k->row->uri, &u, d);
    if (e == E_OK)
        e = object_bytes(k->h, k->handle, CKA_ID, id, sizeof id, &id_n, d);
    if (e == E_OK) {
        const char *label = uri_label(u);
        CK_ATTRIBUTE template[] = {{CKA_CLASS, &class_, sizeof class_},
                                   {CKA_KEY_TYPE, &type, sizeof type},
                                   FLAG(CKA_TOKEN, yes),
                                   FLAG(CKA_PRIVATE, yes),
                                   FLAG(CKA_SENSITIVE, yes),
                                   FLAG(CKA_EXTRACTABLE, no),
                                   FLAG(CKA_SIGN, yes),
                                   FLAG(CKA_DECRYPT, no),
                                   FLAG(CKA_UNWRAP, no),
                                   FLAG(CKA_DERIVE, no),
                                   {CKA_LABEL, (void *)label, strlen(label)},
                                   {CKA_ID, id, id_n}};
        CK_RV rv = CALL(second, C_UnwrapKey, second->session, &mechanism, w->aes_there, wrapped, n, template, 12, &made);
        if (rv != CKR_OK)
            e = stays(second, k->row, rv, "C_UnwrapKey", d);
    }
    uri_free(u);
    return e;
}

static enum err carry_key(struct hsm_key *k, struct hsm *second, struct diag *d)
{
    struct way w = {0};
    struct hsm_attributes a = {0};
    CK_BYTE *wrapped = malloc(WRAPPED_MAX);
    CK_ULONG n = WRAPPED_MAX;
    enum err e = wrapped != NULL ? hsm_key_attributes(k, &a, d) : diag_set(d, E_NO_MEMORY, "%s", k->row->name);
    if (e == E_OK && !a.extractable)
        e = diag_set(d, E_KEY_STAYS, a.never_extractable ? N_("key \"%s\" was made never to leave its token")
                                                         : N_("key \"%s\" was closed"), k->row->name);
    if (e == E_OK)
        e = make_way(k->h, second, &w, k->row, d);
    if (e == E_OK)
        e = wrap(k, &w, wrapped, &n, d);
    if (e == E_OK)
        e = unwrap(second, k, &w, wrapped, n, d);
    free(wrapped);
    return e;
}

/* ---------------------------------------------------------------- the public object */

/* Made last, from what the first token shows: without it the copy is found and completed again. */
static enum err copy_public(struct hsm_key *k, struct hsm *second, struct diag *d)
{
    static const CK_ATTRIBUTE_TYPE rsa[] = {CKA_ID, CKA_LABEL, CKA_KEY_TYPE, CKA_MODULUS, CKA_PUBLIC_EXPONENT};
    static const CK_ATTRIBUTE_TYPE sm2[] = {CKA_ID, CKA_LABEL, CKA_KEY_TYPE, CKA_EC_PARAMS, CKA_EC_POINT};
    const CK_ATTRIBUTE_TYPE *types = k->row->kind == KEY_RSA ? rsa : sm2;
    CK_OBJECT_CLASS class_ = CKO_PUBLIC_KEY;
    uint8_t values[5][2048];
    CK_OBJECT_HANDLE here = 0, there = 0;
    bool found = false, copied = false;
    CK_ATTRIBUTE template[9] = {{CKA_CLASS, &class_, sizeof class_}, FLAG(CKA_TOKEN, yes), FLAG(CKA_PRIVATE, no),
                                FLAG(CKA_VERIFY, yes)};
    enum err e = key_public_object(k->h, k, &here, &found, d);
    if (e == E_OK)
        e = key_public_object(second, k, &there, &copied, d);
    if (e != E_OK || !found || copied)
        return e;
    for (size_t i = 0; i < 5 && e == E_OK; i++) {
        size_t n = 0;
        e = object_bytes(k->h, here, types[i], values[i], sizeof values[i], &n, d);
        template[4 + i] = (CK_ATTRIBUTE){types[i], values[i], n};
    }
    if (e != E_OK)
        return e;
    CK_RV rv = CALL(second, C_CreateObject, second->session, template, 9, &there);
    return rv == CKR_OK ? E_OK : session_fail(second, rv, "C_CreateObject", d);
}

/* ---------------------------------------------------------------- */

enum err hsm_key_transfer(struct hsm *h, struct hsm *second, const struct policy_key *row, EVP_PKEY *pinned, struct span challenge,
                          struct buf *here, struct buf *there, struct diag *d)
{
    struct hsm_key *k = NULL, *copy = NULL;
    enum err e = hsm_key_find_open(h, row, pinned, &k, d);
    if (e == E_OK)
        e = hsm_key_find(second, row, pinned, &copy, d);
    if (e == E_KEY_MISSING && k != NULL) {
        e = carry_key(k, second, d);
        if (e == E_OK)
            e = hsm_key_find(second, row, pinned, &copy, d);
    }
    if (e == E_OK)
        e = hsm_sign(k, challenge, here, d);
    if (e == E_OK)
        e = hsm_sign(copy, challenge, there, d);
    return e == E_OK ? copy_public(k, second, d) : e;
}

/* Only a refusal shows that it is closed; that the token failed shows nothing. */
static enum err try_to_leave(struct hsm_key *k, struct diag *d)
{
    struct way w = {0};
    struct diag said = {0};
    CK_BYTE wrapped[WRAPPED_MAX];
    CK_ULONG n = sizeof wrapped;
    enum err e = make_aes(k->h, &w, k->row, &said);
    if (e == E_OK)
        e = wrap(k, &w, wrapped, &n, &said);
    if (w.aes_here != 0)
        CALL(k->h, C_DestroyObject, k->h->session, w.aes_here);
    if (e == E_KEY_STAYS)
        return E_OK;
    return e == E_OK ? diag_set(d, E_KEY_ATTRIBUTES, "key \"%s\" was closed, and is wrapped all the same", k->row->name)
                     : diag_again(d, e, &said);
}

enum err hsm_key_confine(struct hsm *h, const struct policy_key *row, EVP_PKEY *pinned, struct diag *d)
{
    struct hsm_key *k = NULL;
    struct hsm_attributes a = {0};
    CK_ATTRIBUTE closed = FLAG(CKA_EXTRACTABLE, no);
    enum err e = hsm_key_find_open(h, row, pinned, &k, d);
    if (e == E_OK)
        e = hsm_key_attributes(k, &a, d);
    if (e == E_OK && a.extractable) {
        CK_RV rv = CALL(h, C_SetAttributeValue, h->session, k->handle, &closed, 1);
        if (rv != CKR_OK)
            e = session_fail(h, rv, "C_SetAttributeValue", d);
    }
    if (e == E_OK)
        e = hsm_key_find(h, row, pinned, &k, d);
    return e == E_OK && row->transferable ? try_to_leave(k, d) : e;
}
