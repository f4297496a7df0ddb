#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "hsm/ckr.h"
#include "hsm/session.h"
#include "hsm/uri.h"

/* ---------------------------------------------------------------- errors */

/* "call: answer", and the token once it is known. */
static enum err fail(const struct hsm *h, enum err code, const char *what, const char *answer,
                     struct diag *d)
{
    if (h->identity.label[0] == '\0')
        return diag_set(d, code, "%s: %s", what, answer);
    return diag_set(d, code, "%s: %s (token \"%s\", serial %s)", what, answer, h->identity.label,
                    h->identity.serial);
}

enum err session_fail(const struct hsm *h, CK_RV rv, const char *what, struct diag *d)
{
    char name[CKR_NAME_MAX];
    return fail(h, rv == CKR_HOST_MEMORY ? E_NO_MEMORY : E_TOKEN, what, ckr_name(rv, name), d);
}

enum err session_fail_libp11(const struct hsm *h, const char *what, struct diag *d)
{
    CK_RV rv = CKR_OK;
    const char *reason = NULL; /* constant text of OpenSSL or libp11 */
    for (unsigned long e; (e = ERR_get_error()) != 0;) {
        if (ERR_GET_LIB(e) == ERR_get_CKR_code())
            rv = (CK_RV)ERR_GET_REASON(e);
        else if (reason == NULL)
            reason = ERR_reason_error_string(e);
    }
    if (rv != CKR_OK)
        return session_fail(h, rv, what, d);
    return fail(h, E_TOKEN, what, reason != NULL ? reason : "it failed", d);
}

/* ---------------------------------------------------------------- opening */

/* Look at every token there is, but in the slot `but` (NULL: none). One that cannot be asked is only of interest when none fits: it may
 * be ours. Of tokens that are named so and such as were renamed the former count alone. */
static enum err find_token(struct hsm *h, const char *text, const CK_SLOT_ID *but, struct diag *d)
{
    struct uri *u = NULL;
    CK_SLOT_ID *ids = NULL;
    CK_ULONG n = 0, fits = 0;
    bool named = false;
    CK_RV trouble = CKR_OK;
    enum err e = uri_parse(text, &u, d);
    if (e == E_OK)
        e = module_slots(h, &ids, &n, d);
    for (CK_ULONG i = 0; e == E_OK && i < n; i++) {
        CK_TOKEN_INFO info;
        if (but != NULL && ids[i] == *but)
            continue;
        CK_RV rv = CALL(h, C_GetTokenInfo, ids[i], &info);
        if (rv != CKR_OK) {
            trouble = rv;
        } else if ((info.flags & CKF_TOKEN_INITIALIZED) != 0 && uri_fits_token(u, &info)) {
            bool is_named = uri_names_token(u, &info);
            if (named && !is_named)
                continue;
            fits = is_named && !named ? 1 : fits + 1;
            named = is_named;
            h->slot_id = ids[i];
            h->token = info;
        }
    }
    if (e == E_OK && fits > 1)
        e = diag_set(d, E_TOKEN_AMBIGUOUS, "%lu tokens fit %s", fits, text);
    if (e == E_OK && fits == 0) {
        char name[CKR_NAME_MAX];
        e = diag_set(d, E_TOKEN_MISSING, "%s%s%s", text,
                     trouble != CKR_OK ? "; a token there answers " : "",
                     trouble != CKR_OK ? ckr_name(trouble, name) : "");
    }
    free(ids);
    uri_free(u);
    return e;
}

static enum err find_libp11_slot(struct hsm *h, struct diag *d)
{
    if (CALL_LIBP11(h, "C_GetSlotList", PKCS11_enumerate_slots(h->ctx, &h->slots, &h->slots_n)) != 0)
        return session_fail_libp11(h, "PKCS11_enumerate_slots", d);
    for (unsigned i = 0; i < h->slots_n; i++)
        if (PKCS11_get_slotid_from_slot(&h->slots[i]) == h->slot_id && h->slots[i].token != NULL)
            h->slot = &h->slots[i];
    return h->slot != NULL ? E_OK : diag_set(d, E_TOKEN_MISSING, "it was unplugged just now");
}

/* ---------------------------------------------------------------- identity */

void session_text(char *out, size_t cap, const unsigned char *in, size_t n)
{
    while (n > 0 && (in[n - 1] == ' ' || in[n - 1] == '\0'))
        n--;
    text_escape(out, cap, in, n);
}

/* Some tokens say nothing, which looks like 0 or like CK_UNAVAILABLE_INFORMATION, or more than they take. */
static void set_pin_length(struct pin_length *out, const CK_TOKEN_INFO *t)
{
    *out = pin_any_length;
    if (t->ulMinPinLen > out->min && t->ulMinPinLen <= out->max)
        out->min = t->ulMinPinLen;
    if (t->ulMaxPinLen >= out->min && t->ulMaxPinLen < out->max)
        out->max = t->ulMaxPinLen;
}

static void set_identity(struct hsm *h)
{
    struct hsm_identity *i = &h->identity;
    const CK_TOKEN_INFO *t = &h->token;
    session_text(i->manufacturer, sizeof i->manufacturer, t->manufacturerID, sizeof t->manufacturerID);
    session_text(i->model, sizeof i->model, t->model, sizeof t->model);
    session_text(i->serial, sizeof i->serial, t->serialNumber, sizeof t->serialNumber);
    session_text(i->label, sizeof i->label, t->label, sizeof t->label);
    i->pinpad = (t->flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
    i->pin_low = (t->flags & CKF_USER_PIN_COUNT_LOW) != 0;
    i->pin_final = (t->flags & CKF_USER_PIN_FINAL_TRY) != 0;
    i->pin_locked = (t->flags & CKF_USER_PIN_LOCKED) != 0;
    set_pin_length(&i->pin_length, t);
}

const struct hsm_identity *hsm_identity(const struct hsm *h)
{
    return &h->identity;
}

/* ---------------------------------------------------------------- life */

enum err session_open(struct hsm *h, bool write, CK_SESSION_HANDLE *out, struct diag *d)
{
    CK_FLAGS flags = CKF_SERIAL_SESSION | (write ? CKF_RW_SESSION : 0);
    CK_RV rv = CALL(h, C_OpenSession, h->slot_id, flags, NULL, NULL, out);
    return rv == CKR_OK ? E_OK : session_fail(h, rv, "C_OpenSession", d);
}

enum err hsm_open(const char *module_path, const char *token_uri, enum policy_vendor vendor,
                  const struct hsm_patience *patience, struct hsm **out, struct diag *d)
{
    *out = NULL;
    struct hsm *h = calloc(1, sizeof *h);
    if (h == NULL)
        return diag_set(d, E_NO_MEMORY, "token");
    h->vendor = vendor_find(vendor);

    enum err e = watch_start(patience, token_uri, &h->watch, d);
    if (e != E_OK)
        goto out;
    e = module_load(h, module_path, d);
    if (e != E_OK)
        goto out;
    e = find_token(h, token_uri, NULL, d);
    if (e != E_OK)
        goto out;
    set_identity(h);
    watch_name(h->watch, &h->identity);
    e = find_libp11_slot(h, d);
    if (e != E_OK)
        goto out;
    e = session_open(h, true, &h->session, d);
    h->session_open = e == E_OK;

out:
    if (e == E_OK)
        *out = h;
    else
        hsm_close(h);
    return e;
}

static bool fits(const struct hsm *h, const char *text)
{
    struct uri *u = NULL;
    const bool yes = uri_parse(text, &u, NULL) == E_OK && uri_fits_token(u, &h->token);
    uri_free(u);
    return yes;
}

enum err hsm_open_second(struct hsm *h, const char *token_uri, struct hsm **out, struct diag *d)
{
    *out = NULL;
    struct hsm *two = calloc(1, sizeof *two);
    if (two == NULL)
        return diag_set(d, E_NO_MEMORY, "token");
    two->second = true;
    two->watch = h->watch;
    two->f = h->f;
    two->vendor = h->vendor;
    enum err e = find_token(two, token_uri, &h->slot_id, d);
    if (e == E_TOKEN_MISSING && fits(h, token_uri))
        e = diag_set(d, E_TOKEN_AMBIGUOUS, "%s is the token that is open already", token_uri);
    if (e == E_OK) {
        set_identity(two);
        e = session_open(two, true, &two->session, d);
        two->session_open = e == E_OK;
    }
    if (e == E_OK)
        *out = two;
    else
        hsm_close(two);
    return e;
}

void hsm_close(struct hsm *h)
{
    if (h == NULL)
        return;
    while (h->keys != NULL) {
        struct hsm_key *k = h->keys;
        h->keys = k->next;
        EVP_PKEY_free(k->public_key);
        free(k);
    }
    if (h->session_open) {
        CALL(h, C_Logout, h->session);
        CALL(h, C_CloseSession, h->session);
    }
    if (h->watch != NULL && !h->second)
        module_unload(h);
    if (!h->second)
        watch_stop(h->watch);
    ERR_clear_error();
    free(h);
}

/* ---------------------------------------------------------------- login */

/* After a refused PIN the token's flags say how many tries are left: the person must know before
 * the next one. */
static enum err refused(struct hsm *h, CK_RV rv, struct diag *d)
{
    char name[CKR_NAME_MAX];
    if (CALL(h, C_GetTokenInfo, h->slot_id, &h->token) == CKR_OK)
        set_identity(h);
    if (h->identity.pin_locked)
        return diag_set(d, E_PIN_LOCKED, "token \"%s\": %s, and now it is locked", h->identity.label, ckr_name(rv, name));
    return diag_set(d, E_PIN_WRONG, "%s (token \"%s\")%s", ckr_name(rv, name), h->identity.label,
                    h->identity.pin_final ? "; one try is left" : "");
}

enum err hsm_login(struct hsm *h, const struct pin *pin, struct diag *d)
{
    if (pin == NULL && !h->identity.pinpad)
        return diag_set(d, E_PIN_MISSING, "token \"%s\" has no PIN pad", h->identity.label);
    CK_UTF8CHAR *text = pin != NULL ? (CK_UTF8CHAR *)pin->text : NULL;
    CK_RV rv = CALL_FOR(h, pin != NULL ? 1 : WATCH_LONG, C_Login, h->session, CKU_USER, text,
                        pin != NULL ? pin->n : 0);
    switch (rv) {
    case CKR_OK:
    case CKR_USER_ALREADY_LOGGED_IN:
        return E_OK;
    case CKR_PIN_INCORRECT:
    case CKR_PIN_LEN_RANGE:
    case CKR_PIN_INVALID:
        return refused(h, rv, d);
    case CKR_PIN_LOCKED:
        return diag_set(d, E_PIN_LOCKED, "token \"%s\"", h->identity.label);
    default:
        return session_fail(h, rv, "C_Login", d);
    }
}
