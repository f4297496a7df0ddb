/* The private key that belongs to a public key, whatever it is called on the token. */
#include <openssl/err.h>

#include "hsm/session.h"
#include "pki/cert.h"

#define MAX_ID 256
#define MAX_CERT (16 * 1024)
#define PRIVATE_KEYS 64 /* of one token that are looked at */
#define COMPANIONS 8    /* objects with the id of one key that are looked at */

/* What an object of the class with this id, a public key or a certificate, says of the public key: is it this one? */
static enum err object_is_of(struct hsm *h, CK_OBJECT_HANDLE object, CK_OBJECT_CLASS class_, enum key_kind kind,
                             EVP_PKEY *wanted, bool *is, struct diag *d)
{
    EVP_PKEY *seen = NULL;
    X509 *cert = NULL;
    uint8_t der[MAX_CERT];
    size_t n = 0;
    enum err e;
    if (class_ == CKO_CERTIFICATE) {
        e = object_bytes(h, object, CKA_VALUE, der, sizeof der, &n, d);
        if (e == E_OK && cert_parse((struct span){der, n}, &cert, NULL) == E_OK)
            *is = EVP_PKEY_eq(X509_get0_pubkey(cert), wanted) == 1;
    } else {
        struct diag why = {0};
        e = object_public_key(h, object, kind, &seen, &why);
        *is = e == E_OK && seen != NULL && EVP_PKEY_eq(seen, wanted) == 1;
        if (e == E_KEY_MISMATCH) /* one of another kind, and so not this one */
            e = E_OK;
        else if (e != E_OK && d != NULL)
            *d = why;
    }
    X509_free(cert);
    EVP_PKEY_free(seen);
    ERR_clear_error();
    return e;
}

/* Is one of the objects of this class that have the private key's id of this public key? */
static enum err companion_is_of(struct hsm_key *k, CK_OBJECT_CLASS class_, EVP_PKEY *wanted, bool *is, struct diag *d)
{
    uint8_t id[MAX_ID];
    size_t id_n = 0;
    CK_OBJECT_HANDLE handles[COMPANIONS];
    CK_ULONG n = 0;
    enum err e = object_bytes(k->h, k->handle, CKA_ID, id, sizeof id, &id_n, d);
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class_, sizeof class_}, {CKA_ID, id, id_n}};
    if (e == E_OK && id_n > 0)
        e = object_find(k->h, template, 2, handles, COMPANIONS, &n, d);
    for (CK_ULONG i = 0; i < n && e == E_OK && !*is; i++)
        e = object_is_of(k->h, handles[i], class_, k->row->kind, wanted, is, d);
    return e;
}

/* A private RSA key says it itself; else what has its id does. */
static enum err private_is_of(struct hsm_key *k, EVP_PKEY *wanted, bool *is, struct diag *d)
{
    enum err e = object_is_of(k->h, k->handle, CKO_PRIVATE_KEY, k->row->kind, wanted, is, d);
    if (e == E_OK && !*is)
        e = companion_is_of(k, CKO_PUBLIC_KEY, wanted, is, d);
    if (e == E_OK && !*is)
        e = companion_is_of(k, CKO_CERTIFICATE, wanted, is, d);
    return e;
}

enum err hsm_key_find_public(struct hsm *h, const struct policy_key *row, EVP_PKEY *wanted, struct hsm_key **out,
                             struct diag *d)
{
    CK_OBJECT_CLASS class_ = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class_, sizeof class_}};
    CK_OBJECT_HANDLE handles[PRIVATE_KEYS];
    CK_ULONG n = 0;
    struct hsm_key *k;
    bool is = false;
    *out = NULL;
    enum err e = key_new(h, row, &k, d);
    if (e != E_OK)
        return e;
    e = object_find(h, template, 1, handles, PRIVATE_KEYS, &n, d);
    for (CK_ULONG i = 0; i < n && e == E_OK && !is; i++) {
        k->handle = handles[i];
        e = private_is_of(k, wanted, &is, d);
    }
    if (e == E_OK && !is)
        e = diag_set(d, E_KEY_MISSING, "none of %lu private keys on token \"%s\" belongs to the certificate of %s", n,
                     h->identity.label, row->name);
    if (e == E_OK)
        e = key_check_confined(k, false, d);
    if (e == E_OK) {
        EVP_PKEY_up_ref(wanted);
        k->public_key = wanted;
    }
    return key_keep(k, e, out, d);
}
