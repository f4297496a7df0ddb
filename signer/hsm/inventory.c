#include "hsm/inventory.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "hsm/session.h"

#define ID_BYTES 32

/* ---------------------------------------------------------------- token and module */

static void set_version(char out[16], const CK_VERSION *v)
{
    snprintf(out, 16, "%d.%d", v->major, v->minor);
}

enum err hsm_provenance(struct hsm *h, struct hsm_provenance *out, struct diag *d)
{
    CK_INFO info;
    *out = (struct hsm_provenance){.token = h->identity};
    CK_RV rv = CALL(h, C_GetInfo, &info);
    if (rv != CKR_OK)
        return session_fail(h, rv, "C_GetInfo", d);
    set_version(out->hardware, &h->token.hardwareVersion);
    set_version(out->firmware, &h->token.firmwareVersion);
    set_version(out->module_version, &info.libraryVersion);
    session_text(out->module_manufacturer, sizeof out->module_manufacturer, info.manufacturerID, sizeof info.manufacturerID);
    session_text(out->module, sizeof out->module, info.libraryDescription, sizeof info.libraryDescription);
    return E_OK;
}

/* ---------------------------------------------------------------- one object */

bool hsm_confined_for_ever(const struct hsm_attributes *a)
{
    return a->sensitive && a->always_sensitive && !a->extractable && a->never_extractable && a->local;
}

enum err object_attributes(struct hsm *h, CK_OBJECT_HANDLE object, struct hsm_attributes *out, struct diag *d)
{
    *out = (struct hsm_attributes){0};
    enum err e = object_bool(h, object, CKA_SENSITIVE, false, &out->sensitive, d);
    if (e == E_OK)
        e = object_bool(h, object, CKA_ALWAYS_SENSITIVE, false, &out->always_sensitive, d);
    if (e == E_OK)
        e = object_bool(h, object, CKA_EXTRACTABLE, true, &out->extractable, d);
    if (e == E_OK)
        e = object_bool(h, object, CKA_NEVER_EXTRACTABLE, false, &out->never_extractable, d);
    if (e == E_OK)
        e = object_bool(h, object, CKA_LOCAL, false, &out->local, d);
    return e;
}

/* The public key that the object shows, if it is of a kind that we know. What is not sound is told as its bare type. */
static enum err read_key(struct hsm *h, struct hsm_object *o, struct diag *d)
{
    CK_KEY_TYPE type = 0;
    size_t n = 0;
    struct diag why = {0};
    enum err e = object_bytes(h, o->handle, CKA_KEY_TYPE, &type, sizeof type, &n, d);
    if (e != E_OK)
        return e;
    bool rsa = type == CKK_RSA, sm2 = type == h->vendor->key_type || type == CKK_EC;
    snprintf(o->kind, sizeof o->kind, "type 0x%lx", (unsigned long)type);
    if (n != sizeof type || !(rsa || sm2))
        return E_OK;
    e = object_public_key(h, o->handle, rsa ? KEY_RSA : KEY_SM2, &o->public_key, &why);
    if (e != E_OK && e != E_KEY_MISMATCH)
        return diag_again(d, e, &why);
    if (e == E_OK && rsa && o->public_key != NULL)
        snprintf(o->kind, sizeof o->kind, "RSA-%d", EVP_PKEY_get_bits(o->public_key));
    else if (e == E_OK)
        snprintf(o->kind, sizeof o->kind, rsa ? "RSA" : "SM2");
    ERR_clear_error();
    return E_OK;
}

static enum err read_object(struct hsm *h, CK_OBJECT_HANDLE handle, bool private_, struct hsm_object *o, struct diag *d)
{
    uint8_t bytes[1024];
    size_t n = 0;
    *o = (struct hsm_object){.handle = handle, .private_ = private_};
    enum err e = object_bytes(h, handle, CKA_LABEL, bytes, sizeof bytes, &n, d);
    text_escape(o->label, sizeof o->label, bytes, n);
    if (e == E_OK)
        e = object_bytes(h, handle, CKA_ID, bytes, sizeof bytes, &n, d);
    hex_encode(bytes, n < ID_BYTES ? n : ID_BYTES, o->id);
    if (e == E_OK)
        e = read_key(h, o, d);
    return e == E_OK && private_ ? object_attributes(h, handle, &o->attributes, d) : e;
}

/* ---------------------------------------------------------------- all of them */

static enum err add_class(struct hsm *h, CK_OBJECT_CLASS class_, const char *label, struct hsm_objects *out, struct diag *d)
{
    CK_OBJECT_HANDLE handles[HSM_OBJECTS_MAX + 1];
    CK_ULONG n = 0;
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class_, sizeof class_},
                               {CKA_LABEL, (void *)label, label != NULL ? strlen(label) : 0}};
    enum err e = object_find(h, template, label != NULL ? 2 : 1, handles, HSM_OBJECTS_MAX + 1, &n, d);
    if (e != E_OK)
        return e;
    if (n > HSM_OBJECTS_MAX)
        return diag_set(d, E_TOKEN, "more than %d key objects are on the token", HSM_OBJECTS_MAX);
    struct hsm_object *more = reallocarray(out->v, out->n + n + 1, sizeof *more);
    if (more == NULL)
        return diag_set(d, E_NO_MEMORY, "key objects");
    out->v = more;
    for (CK_ULONG i = 0; i < n && e == E_OK; i++)
        e = read_object(h, handles[i], class_ == CKO_PRIVATE_KEY, &out->v[out->n++], d);
    return e;
}

/* A private SM2 key does not show its point: the public object beside it does. */
static void lend_public_keys(struct hsm_objects *o)
{
    for (size_t i = 0; i < o->n; i++)
        for (size_t k = 0; k < o->n && o->v[i].private_ && o->v[i].public_key == NULL; k++)
            if (!o->v[k].private_ && o->v[k].public_key != NULL && o->v[i].id[0] != '\0' &&
                strcmp(o->v[i].id, o->v[k].id) == 0 && EVP_PKEY_up_ref(o->v[k].public_key) == 1)
                o->v[i].public_key = o->v[k].public_key;
}

static int by_label(const void *a, const void *b)
{
    const struct hsm_object *x = a, *y = b;
    int order = strcmp(x->label, y->label);
    if (order == 0)
        order = strcmp(x->id, y->id);
    return order != 0 ? order : (int)y->private_ - (int)x->private_;
}

enum err hsm_objects(struct hsm *h, const char *label, struct hsm_objects *out, struct diag *d)
{
    *out = (struct hsm_objects){0};
    enum err e = add_class(h, CKO_PRIVATE_KEY, label, out, d);
    if (e == E_OK)
        e = add_class(h, CKO_PUBLIC_KEY, label, out, d);
    if (e != E_OK) {
        hsm_objects_free(out);
        return e;
    }
    lend_public_keys(out);
    qsort(out->v, out->n, sizeof *out->v, by_label);
    return E_OK;
}

void hsm_objects_free(struct hsm_objects *o)
{
    for (size_t i = 0; i < o->n; i++)
        EVP_PKEY_free(o->v[i].public_key);
    free(o->v);
    *o = (struct hsm_objects){0};
}
