#include "batch/issuers.h"

#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "batch/state.h"

static void issuer_free(struct issuer *one)
{
    X509_free(one->cert);
    buf_free(&one->subject);
}

static enum err look_up(struct state *s, const char *key, struct issuer *out, struct diag *d)
{
    *out = (struct issuer){.row = policy_key_find(s->policy, key)};
    if (out->row == NULL)
        return diag_set(d, E_KEY_MISSING, "the policy has no key %s", key);
    enum err e = state_anchor(s, key, &out->cert, d);
    if (e == E_OK)
        e = state_key_ended(s, key, &out->destroyed, d);
    if (e != E_OK)
        return e;
    /* OpenSSL notes in the certificate what it reads of the extensions: now, before threads share it. */
    (void)X509_get0_subject_key_id(out->cert);
    uint8_t *der = NULL;
    int n = i2d_X509_NAME(X509_get_subject_name(out->cert), &der);
    if (n > 0)
        buf_append(&out->subject, der, (size_t)n);
    OPENSSL_free(der);
    e = n > 0 ? buf_err(&out->subject) : E_NO_MEMORY;
    return e == E_OK ? E_OK : diag_set(d, e, "the issuer %s", key);
}

enum err issuers_find(struct issuers *i, struct state *s, const char *key, struct issuer **out, struct diag *d)
{
    *out = NULL;
    for (size_t k = 0; k < i->n; k++) {
        if (strcmp(i->v[k].row->name, key) == 0) {
            *out = &i->v[k];
            return E_OK;
        }
    }
    struct issuer *more = reallocarray(i->v, i->n + 1, sizeof *more);
    if (more == NULL)
        return diag_set(d, E_NO_MEMORY, "the issuer %s", key);
    i->v = more;
    enum err e = look_up(s, key, &more[i->n], d);
    if (e == E_OK)
        *out = &more[i->n++];
    else
        issuer_free(&more[i->n]);
    return e;
}

enum err issuers_complete(struct issuers *i, struct state *s, struct diag *d)
{
    enum err e = E_OK;
    for (size_t k = 0; k < i->n && e == E_OK; k++) {
        const struct policy_key *ca = policy_key_issuer(s->policy, i->v[k].row);
        struct issuer *unused;
        if (ca != NULL)
            e = issuers_find(i, s, ca->name, &unused, d);
    }
    return e;
}

void issuers_free(struct issuers *i)
{
    for (size_t k = 0; k < i->n; k++)
        issuer_free(&i->v[k]);
    free(i->v);
    *i = (struct issuers){0};
}
