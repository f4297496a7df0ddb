#include <string.h>

#include "hsm/session.h"
#include "hsm/uri.h"

#define DEFAULT_ID 8 /* bytes of the label's SHA-256 that serve as id when the URI has none */

/* The two templates of a key pair, with the values they point at. */
struct templates {
    CK_BBOOL yes, no;
    CK_KEY_TYPE type;
    CK_ULONG bits;
    uint8_t exponent[3];
    uint8_t default_id[DIGEST_LEN];
    CK_ATTRIBUTE public_[12], private_[12];
    CK_ULONG public_n, private_n;
};

static void add(CK_ATTRIBUTE *template, CK_ULONG *n, CK_ATTRIBUTE_TYPE type, const void *value,
                size_t len)
{
    template[(*n)++] = (CK_ATTRIBUTE){type, (void *)value, len};
}

static enum err fill(struct templates *t, const struct hsm *h, const struct policy_key *row,
                     const struct uri *u, struct diag *d)
{
    const char *label = uri_label(u);
    const unsigned char *id;
    size_t id_n;
    uri_id(u, &id, &id_n);
    if (id == NULL) {
        enum err e = digest_bytes(DIGEST_SHA256, label, strlen(label), t->default_id);
        if (e != E_OK)
            return diag_set(d, e, "id of key \"%s\"", row->name);
        id = t->default_id;
        id_n = DEFAULT_ID;
    }
    t->yes = CK_TRUE;
    t->type = row->kind == KEY_RSA ? CKK_RSA : h->vendor->key_type;
    t->bits = (CK_ULONG)row->bits;
    memcpy(t->exponent, "\x01\x00\x01", sizeof t->exponent);

    CK_ATTRIBUTE *a = t->public_;
    CK_ULONG *n = &t->public_n;
    add(a, n, CKA_TOKEN, &t->yes, sizeof t->yes);
    add(a, n, CKA_PRIVATE, &t->no, sizeof t->no);
    add(a, n, CKA_KEY_TYPE, &t->type, sizeof t->type);
    add(a, n, CKA_LABEL, label, strlen(label));
    add(a, n, CKA_ID, id, id_n);
    add(a, n, CKA_VERIFY, &t->yes, sizeof t->yes);
    if (row->kind == KEY_RSA) {
        add(a, n, CKA_ENCRYPT, &t->no, sizeof t->no);
        add(a, n, CKA_WRAP, &t->no, sizeof t->no);
        add(a, n, CKA_MODULUS_BITS, &t->bits, sizeof t->bits);
        add(a, n, CKA_PUBLIC_EXPONENT, t->exponent, sizeof t->exponent);
    } else {
        add(a, n, CKA_EC_PARAMS, object_sm2_params, sizeof object_sm2_params);
    }

    a = t->private_;
    n = &t->private_n;
    add(a, n, CKA_TOKEN, &t->yes, sizeof t->yes);
    add(a, n, CKA_PRIVATE, &t->yes, sizeof t->yes);
    add(a, n, CKA_SENSITIVE, &t->yes, sizeof t->yes);
    add(a, n, CKA_EXTRACTABLE, row->transferable ? &t->yes : &t->no, sizeof t->no);
    add(a, n, CKA_KEY_TYPE, &t->type, sizeof t->type);
    add(a, n, CKA_LABEL, label, strlen(label));
    add(a, n, CKA_ID, id, id_n);
    add(a, n, CKA_SIGN, &t->yes, sizeof t->yes);
    add(a, n, CKA_DECRYPT, &t->no, sizeof t->no);
    add(a, n, CKA_UNWRAP, &t->no, sizeof t->no);
    add(a, n, CKA_DERIVE, &t->no, sizeof t->no);
    return E_OK;
}

/* A key under a label that something else already bears could be taken for that other one later. */
static enum err check_free(struct hsm *h, const char *label, struct diag *d)
{
    static const CK_OBJECT_CLASS classes[] = {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        CK_ATTRIBUTE template[] = {
            {CKA_CLASS, (void *)&classes[i], sizeof classes[i]},
            {CKA_LABEL, (void *)label, strlen(label)},
        };
        CK_OBJECT_HANDLE found;
        CK_ULONG n;
        enum err e = object_find(h, template, 2, &found, 1, &n, d);
        if (e != E_OK)
            return e;
        if (n > 0)
            return diag_set(d, E_KEY_EXISTS, "label \"%s\"", label);
    }
    return E_OK;
}

/* Find the new key as everybody will, and see that the token kept its word. */
static enum err check_made(struct hsm *h, const struct policy_key *row, struct hsm_key **out,
                           struct diag *d)
{
    struct hsm_attributes a;
    enum err e = hsm_key_find_open(h, row, NULL, out, d);
    if (e == E_OK)
        e = hsm_key_attributes(*out, &a, d);
    if (e == E_OK && (!a.sensitive || !a.always_sensitive || !a.local ||
                      a.extractable != row->transferable || a.never_extractable == row->transferable))
        e = diag_set(d, E_KEY_ATTRIBUTES,
                     "key \"%s\", just made, is not sensitive, unextractable and local for ever",
                     row->name);
    if (e != E_OK)
        *out = NULL;
    return e;
}

enum err hsm_key_generate(struct hsm *h, const struct policy_key *row, struct hsm_key **out,
                          struct diag *d)
{
    *out = NULL;
    struct uri *u = NULL;
    enum err e = uri_parse(row->uri, &u, d);
    if (e != E_OK)
        return e;
    if (uri_label(u) == NULL || (row->kind != KEY_SM2 && row->kind != KEY_RSA)) {
        e = diag_set(d, E_POLICY, "key \"%s\": a token key needs a label, and kind sm2 or rsa",
                     row->name);
        goto out;
    }
    if (!uri_fits_token(u, &h->token)) {
        e = diag_set(d, E_TOKEN_MISSING, "key \"%s\" belongs on another token: %s", row->name,
                     row->uri);
        goto out;
    }
    e = check_free(h, uri_label(u), d);
    if (e != E_OK)
        goto out;
    struct templates t = {0};
    e = fill(&t, h, row, u, d);
    if (e != E_OK)
        goto out;

    CK_MECHANISM mechanism = {
        row->kind == KEY_RSA ? CKM_RSA_PKCS_KEY_PAIR_GEN : h->vendor->generate, NULL, 0};
    CK_OBJECT_HANDLE public_key, private_key;
    CK_RV rv = CALL_FOR(h, WATCH_LONG, C_GenerateKeyPair, h->session, &mechanism, t.public_,
                        t.public_n, t.private_, t.private_n, &public_key, &private_key);
    if (rv != CKR_OK) {
        e = session_fail(h, rv, "C_GenerateKeyPair", d);
        goto out;
    }
    e = check_made(h, row, out, d);
    if (e != E_OK) {
        /* Nothing was signed with it yet, and left behind it would hold the label. */
        CALL(h, C_DestroyObject, h->session, private_key);
        CALL(h, C_DestroyObject, h->session, public_key);
    }

out:
    uri_free(u);
    return e;
}
