#include "hsm/destroy.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "hsm/inventory.h"
#include "hsm/session.h"
#include "hsm/uri.h"

/* Objects that one label and id may have: a pair, and what failed attempts left beside it. */
#define DOOMED_MAX 32

struct doomed {
    const struct policy_key *row;
    struct uri *uri;
    CK_OBJECT_HANDLE private_[DOOMED_MAX], public_[DOOMED_MAX];
    CK_ULONG private_n, public_n;
};

static enum err find_class(struct hsm *h, const struct doomed *v, CK_OBJECT_CLASS class_, CK_OBJECT_HANDLE *out, CK_ULONG *n,
                           struct diag *d)
{
    const char *label = uri_label(v->uri);
    const unsigned char *id;
    size_t id_n;
    uri_id(v->uri, &id, &id_n);
    CK_ATTRIBUTE template[] = {
        {CKA_CLASS, &class_, sizeof class_},
        {CKA_LABEL, (void *)label, strlen(label)},
        {CKA_ID, (void *)id, id_n},
    };
    return object_find(h, template, id != NULL ? 3 : 2, out, DOOMED_MAX, n, d);
}

static enum err find_all(struct hsm *h, struct doomed *v, struct diag *d)
{
    enum err e = find_class(h, v, CKO_PRIVATE_KEY, v->private_, &v->private_n, d);
    return e != E_OK ? e : find_class(h, v, CKO_PUBLIC_KEY, v->public_, &v->public_n, d);
}

/* The key that each object shows is the one that is given; without one, the first that is shown is told. */
static enum err check_key(struct hsm *h, const struct doomed *v, CK_OBJECT_HANDLE object, EVP_PKEY *given,
                          struct hsm_destroyed *out, struct diag *d)
{
    EVP_PKEY *key = NULL;
    struct diag why = {0};
    enum err e = object_public_key(h, object, v->row->kind, &key, &why);
    if (e == E_KEY_MISMATCH && given == NULL)
        e = E_OK; /* no sound key: whatever it is, it goes */
    else if (e != E_OK)
        e = diag_wrap(d, e, &why, "key \"%s\"", v->row->name);
    else if (given != NULL && key != NULL && EVP_PKEY_eq(given, key) != 1)
        e = diag_set(d, E_KEY_MISMATCH, "key \"%s\": what has its label is another key", v->row->name);
    if (e == E_OK && out->public_key == NULL && key != NULL && EVP_PKEY_up_ref(key) == 1)
        out->public_key = key;
    EVP_PKEY_free(key);
    ERR_clear_error();
    return e;
}

static enum err check_keys(struct hsm *h, const struct doomed *v, EVP_PKEY *given, struct hsm_destroyed *out, struct diag *d)
{
    enum err e = E_OK;
    if (given != NULL && EVP_PKEY_up_ref(given) == 1)
        out->public_key = given;
    for (CK_ULONG i = 0; i < v->public_n && e == E_OK; i++)
        e = check_key(h, v, v->public_[i], given, out, d);
    for (CK_ULONG i = 0; i < v->private_n && e == E_OK; i++)
        e = check_key(h, v, v->private_[i], given, out, d);
    return e;
}

static enum err destroy(struct hsm *h, const CK_OBJECT_HANDLE *objects, CK_ULONG n, struct diag *d)
{
    for (CK_ULONG i = 0; i < n; i++) {
        CK_RV rv = CALL(h, C_DestroyObject, h->session, objects[i]);
        if (rv != CKR_OK)
            return session_fail(h, rv, "C_DestroyObject", d);
    }
    return E_OK;
}

/* ---------------------------------------------------------------- the proof */

/* The token signs nothing with this handle, because there is no such key: that it fails for another reason proves
 * nothing. The digest is that of nothing. */
static enum err try_handle(struct hsm *h, CK_SESSION_HANDLE session, const struct doomed *v, CK_OBJECT_HANDLE key, struct diag *d)
{
    CK_MECHANISM mechanism = {v->row->kind == KEY_RSA ? CKM_RSA_PKCS : h->vendor->sign_e, NULL, 0};
    CK_BYTE digest[DIGEST_LEN] = {0}, signature[LIMIT_SIGNATURE_BYTES];
    CK_ULONG n = sizeof signature;
    const char *call = "C_SignInit";
    CK_RV rv = CALL(h, C_SignInit, session, &mechanism, key);
    if (rv == CKR_OK) { /* some tokens look at the key only when they use it */
        call = "C_Sign";
        rv = CALL(h, C_Sign, session, digest, sizeof digest, signature, &n);
    }
    if (rv == CKR_OK)
        return diag_set(d, E_KEY_ALIVE, "key \"%s\": C_Sign with its old handle", v->row->name);
    return rv == CKR_KEY_HANDLE_INVALID || rv == CKR_OBJECT_HANDLE_INVALID ? E_OK : session_fail(h, rv, call, d);
}

static enum err prove_deaf(struct hsm *h, const struct doomed *v, struct diag *d)
{
    CK_SESSION_HANDLE fresh = 0;
    enum err e = session_open(h, false, &fresh, d);
    if (e != E_OK)
        return e;
    for (CK_ULONG i = 0; i < v->private_n && e == E_OK; i++) {
        e = try_handle(h, h->session, v, v->private_[i], d);
        if (e == E_OK)
            e = try_handle(h, fresh, v, v->private_[i], d);
    }
    CK_RV rv = CALL(h, C_CloseSession, fresh);
    return e == E_OK && rv != CKR_OK ? session_fail(h, rv, "C_CloseSession", d) : e;
}

/* Searched for in a session that never saw the objects: the token may keep a view of its own for each. */
static enum err prove_gone(struct hsm *h, const struct doomed *v, struct diag *d)
{
    struct doomed left = {.row = v->row, .uri = v->uri};
    const CK_SESSION_HANDLE old = h->session;
    CK_SESSION_HANDLE fresh = 0;
    enum err e = session_open(h, false, &fresh, d);
    if (e != E_OK)
        return e;
    h->session = fresh;
    e = find_all(h, &left, d);
    h->session = old;
    CK_RV rv = CALL(h, C_CloseSession, fresh);
    if (e == E_OK && left.private_n + left.public_n > 0)
        e = diag_set(d, E_KEY_ALIVE, "key \"%s\" is still on the token", v->row->name);
    return e == E_OK && rv != CKR_OK ? session_fail(h, rv, "C_CloseSession", d) : e;
}

static enum err prove_no_copy(struct hsm *h, const struct doomed *v, EVP_PKEY *key, struct diag *d)
{
    struct hsm_objects all;
    enum err e = key != NULL ? hsm_objects(h, NULL, &all, d) : E_OK;
    if (e != E_OK || key == NULL)
        return e;
    for (size_t i = 0; i < all.n && e == E_OK; i++)
        if (all.v[i].private_ && all.v[i].public_key != NULL && EVP_PKEY_eq(all.v[i].public_key, key) == 1)
            e = diag_set(d, E_KEY_ALIVE, "key \"%s\" is on the token under the label \"%s\", too", v->row->name, all.v[i].label);
    ERR_clear_error();
    hsm_objects_free(&all);
    return e;
}

/* ---------------------------------------------------------------- */

static enum err name(struct hsm *h, struct doomed *v, struct diag *d)
{
    enum err e = uri_parse(v->row->uri, &v->uri, d);
    if (e != E_OK)
        return e;
    if (uri_label(v->uri) == NULL || (v->row->kind != KEY_SM2 && v->row->kind != KEY_RSA))
        return diag_set(d, E_POLICY, "key \"%s\": a token key needs a label, and kind sm2 or rsa", v->row->name);
    if (!uri_fits_token(v->uri, &h->token))
        return diag_set(d, E_TOKEN_MISSING, "key \"%s\" belongs on another token: %s", v->row->name, v->row->uri);
    return E_OK;
}

static enum err look(struct hsm *h, struct doomed *v, EVP_PKEY *given, struct hsm_destroyed *out, struct diag *d)
{
    *out = (struct hsm_destroyed){0};
    enum err e = name(h, v, d);
    if (e == E_OK)
        e = find_all(h, v, d);
    if (e == E_OK)
        e = check_keys(h, v, given, out, d);
    out->private_ = v->private_n > 0;
    out->public_ = v->public_n > 0;
    return e;
}

enum err hsm_key_look(struct hsm *h, const struct policy_key *row, EVP_PKEY *given, struct hsm_destroyed *out, struct diag *d)
{
    struct doomed v = {.row = row};
    enum err e = look(h, &v, given, out, d);
    uri_free(v.uri);
    return e;
}

enum err hsm_key_destroy(struct hsm *h, const struct policy_key *row, EVP_PKEY *given, struct hsm_destroyed *out,
                         struct diag *d)
{
    struct doomed v = {.row = row};
    enum err e = look(h, &v, given, out, d);
    if (e == E_OK)
        e = destroy(h, v.private_, v.private_n, d);
    if (e == E_OK)
        e = destroy(h, v.public_, v.public_n, d);
    if (e == E_OK)
        e = prove_gone(h, &v, d);
    if (e == E_OK)
        e = prove_deaf(h, &v, d);
    if (e == E_OK)
        e = prove_no_copy(h, &v, out->public_key, d);
    uri_free(v.uri);
    return e;
}
