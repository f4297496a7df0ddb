#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "hsm/session.h"
#include "hsm/uri.h"
#include "pki/sm2.h"

#define MAX_ID 256

/* What names the objects of one key pair on the token. */
struct name {
    const char *label;
    uint8_t id[MAX_ID];
    size_t id_n;
};

EVP_PKEY *hsm_key_public(const struct hsm_key *k)
{
    return k->public_key;
}

const struct policy_key *hsm_key_row(const struct hsm_key *k)
{
    return k->row;
}

enum err hsm_key_attributes(struct hsm_key *k, struct hsm_attributes *out, struct diag *d)
{
    return object_attributes(k->h, k->handle, out, d);
}

/* The private or public object of the name. *found false when there is none. */
static enum err find_one(struct hsm *h, CK_OBJECT_CLASS class_, const struct name *name,
                         CK_OBJECT_HANDLE *out, bool *found, struct diag *d)
{
    CK_ATTRIBUTE template[] = {
        {CKA_CLASS, &class_, sizeof class_},
        {CKA_LABEL, (void *)name->label, strlen(name->label)},
        {CKA_ID, (void *)name->id, name->id_n},
    };
    CK_OBJECT_HANDLE handles[2] = {0};
    CK_ULONG n = 0;
    enum err e = object_find(h, template, name->id_n > 0 ? 3 : 2, handles, 2, &n, d);
    if (e != E_OK)
        return e;
    if (n > 1)
        return diag_set(d, E_KEY_AMBIGUOUS, "label \"%s\"", name->label);
    *found = n == 1;
    *out = handles[0];
    return E_OK;
}

static enum err name_from_uri(const struct hsm_key *k, const struct uri *u, struct name *out,
                              struct diag *d)
{
    const unsigned char *id;
    uri_id(u, &id, &out->id_n);
    out->label = uri_label(u);
    if (out->label == NULL || out->id_n > MAX_ID)
        return diag_set(d, E_URI, "%s names no object that a key can be", k->row->uri);
    if (id != NULL)
        memcpy(out->id, id, out->id_n);
    if (!uri_fits_token(u, &k->h->token))
        return diag_set(d, E_KEY_MISSING, "key \"%s\" is on another token than \"%s\": %s",
                        k->row->name, k->h->identity.label, k->row->uri);
    return E_OK;
}

static enum err find_private(struct hsm_key *k, struct name *name, struct diag *d)
{
    bool found = false;
    enum err e = find_one(k->h, CKO_PRIVATE_KEY, name, &k->handle, &found, d);
    if (e != E_OK)
        return e;
    if (!found)
        return diag_set(d, E_KEY_MISSING, "key \"%s\": %s", k->row->name, k->row->uri);
    /* The public object has the same id as the private one. */
    return object_bytes(k->h, k->handle, CKA_ID, name->id, sizeof name->id, &name->id_n, d);
}

enum err key_public_object(struct hsm *h, const struct hsm_key *k, CK_OBJECT_HANDLE *out, bool *found, struct diag *d)
{
    struct uri *u = NULL;
    struct name name = {0};
    *found = false;
    enum err e = uri_parse(k->row->uri, &u, d);
    if (e == E_OK)
        e = name_from_uri(k, u, &name, d);
    if (e == E_OK)
        e = object_bytes(k->h, k->handle, CKA_ID, name.id, sizeof name.id, &name.id_n, d);
    if (e == E_OK)
        e = find_one(h, CKO_PUBLIC_KEY, &name, out, found, d);
    uri_free(u);
    return e;
}

enum err key_check_confined(struct hsm_key *k, bool open, struct diag *d)
{
    struct hsm_attributes a;
    enum err e = hsm_key_attributes(k, &a, d);
    if (e == E_OK && (!a.sensitive || (a.extractable && !open)))
        e = diag_set(d, E_KEY_ATTRIBUTES, "key \"%s\" is %s", k->row->name,
                     !a.sensitive          ? "not sensitive"
                     : k->row->transferable ? "open: ceremony transfer closes it"
                                            : "extractable");
    return e;
}

/* The public key beside the private one. *out stays NULL when the token has none. A private RSA key
 * shows its modulus itself; a private SM2 key is only looked at for its type and curve. */
static enum err read_public(struct hsm_key *k, const struct name *name, EVP_PKEY **out,
                            struct diag *d)
{
    CK_OBJECT_HANDLE object = 0;
    bool found = false;
    EVP_PKEY *own = NULL;
    enum err e = object_public_key(k->h, k->handle, k->row->kind, &own, d);
    if (e == E_OK)
        e = find_one(k->h, CKO_PUBLIC_KEY, name, &object, &found, d);
    if (e == E_OK && found)
        e = object_public_key(k->h, object, k->row->kind, out, d);
    if (e == E_OK && own != NULL && *out != NULL && EVP_PKEY_eq(own, *out) != 1)
        e = diag_set(d, E_KEY_MISMATCH, "private and public key object of \"%s\" differ",
                     k->row->name);
    if (e == E_OK && *out == NULL) {
        *out = own;
        own = NULL;
    }
    EVP_PKEY_free(own);
    return e;
}

/* Settle which public key signatures are checked against, and that it is of the row's kind. */
static enum err settle_public(struct hsm_key *k, const struct name *name, EVP_PKEY *pinned,
                              struct diag *d)
{
    EVP_PKEY *seen = NULL;
    enum err e = read_public(k, name, &seen, d);
    if (e != E_OK)
        goto out;
    if (pinned == NULL && seen == NULL) {
        e = diag_set(d, E_KEY_MISSING, "key \"%s\": its public key is not on the token",
                     k->row->name);
        goto out;
    }
    if (pinned != NULL && seen != NULL && EVP_PKEY_eq(pinned, seen) != 1) {
        e = diag_set(d, E_KEY_MISMATCH, "key \"%s\"", k->row->name);
        goto out;
    }
    EVP_PKEY *key = pinned != NULL ? pinned : seen;
    bool fits = k->row->kind == KEY_RSA
                    ? EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) == k->row->bits
                    : EVP_PKEY_is_a(key, "SM2");
    if (!fits) {
        e = diag_set(d, E_KEY_MISMATCH, "key \"%s\" is not of kind and size as in the policy",
                     k->row->name);
        goto out;
    }
    EVP_PKEY_up_ref(key);
    k->public_key = key;

out:
    EVP_PKEY_free(seen);
    ERR_clear_error();
    return e;
}

enum err key_new(struct hsm *h, const struct policy_key *row, struct hsm_key **out, struct diag *d)
{
    *out = NULL;
    if ((row->kind != KEY_SM2 && row->kind != KEY_RSA) || alg_sig_key(row->alg) != row->kind)
        return diag_set(d, E_POLICY, "key \"%s\": no token key is of this kind and signs this way",
                        row->name);
    struct hsm_key *k = calloc(1, sizeof *k);
    if (k == NULL)
        return diag_set(d, E_NO_MEMORY, "key \"%s\"", row->name);
    k->h = h;
    k->row = row;
    *out = k;
    return E_OK;
}

enum err key_keep(struct hsm_key *k, enum err e, struct hsm_key **out, struct diag *d)
{
    if (e == E_OK && k->row->kind == KEY_SM2 && sm2_z(k->public_key, k->z) != E_OK)
        e = diag_set(d, E_CRYPTO, "Z of key \"%s\"", k->row->name);
    if (e == E_OK) {
        k->next = k->h->keys;
        k->h->keys = k;
        *out = k;
    } else {
        EVP_PKEY_free(k->public_key);
        free(k);
    }
    return e;
}

static enum err find_key(struct hsm *h, const struct policy_key *row, EVP_PKEY *pinned, bool open,
                         struct hsm_key **out, struct diag *d)
{
    struct hsm_key *k;
    struct uri *u = NULL;
    struct name name = {0};
    *out = NULL;
    enum err e = key_new(h, row, &k, d);
    if (k == NULL)
        return e;
    e = uri_parse(row->uri, &u, d);
    if (e == E_OK)
        e = name_from_uri(k, u, &name, d);
    if (e == E_OK)
        e = find_private(k, &name, d);
    if (e == E_OK)
        e = key_check_confined(k, open, d);
    if (e == E_OK)
        e = settle_public(k, &name, pinned, d);
    uri_free(u);
    return key_keep(k, e, out, d);
}

enum err hsm_key_find(struct hsm *h, const struct policy_key *row, EVP_PKEY *pinned, struct hsm_key **out, struct diag *d)
{
    return find_key(h, row, pinned, false, out, d);
}

enum err hsm_key_find_open(struct hsm *h, const struct policy_key *row, EVP_PKEY *pinned, struct hsm_key **out, struct diag *d)
{
    return find_key(h, row, pinned, row->transferable, out, d);
}
