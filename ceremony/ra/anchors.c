#include "ra/anchors.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/limits.h"
#include "pki/cert.h"
#include "pki/der.h"
#include "pki/lint.h"

enum err anchors_open(const char *path, const struct policy *policy, struct anchors *out,
                      struct diag *d)
{
    size_t keys = 0;
    *out = (struct anchors){.fd = -1, .policy = policy};
    while (policy_key_at(policy, keys) != NULL)
        keys++;
    enum err e = file_open_dir(path, &out->fd, d);
    if (e == E_MEDIUM)
        return diag_set(d, E_ANCHOR, "%s: there is no such folder", path);
    if (e != E_OK)
        return e;
    out->v = calloc(keys + 1, sizeof *out->v);
    return out->v != NULL ? E_OK : diag_set(d, E_NO_MEMORY, "anchors");
}

/* It must be what the policy's row describes, signed by itself or, a sub-CA's and a responder's, by its CA. */
static enum err check(struct anchors *a, const struct policy_key *row, X509 *cert, struct diag *d)
{
    const struct policy *p = a->policy;
    const struct policy_key *ca = policy_key_issuer(p, row);
    const struct anchor *issuer = NULL;
    struct buf der = {0};
    struct der whole, tbs = {0};
    struct diag why = {0};
    EVP_PKEY *key = X509_get0_pubkey(cert);
    enum err e = ca != NULL ? anchors_find(a, ca->name, &issuer, d) : E_OK;
    if (e != E_OK)
        return e;
    e = cert_write_der(cert, &der);
    if (e != E_OK) {
        buf_free(&der);
        return diag_set(d, e, "%s.pem", row->name);
    }
    struct span in = buf_span(&der);
    if (!der_take(&in, DER_SEQUENCE, &whole) || !der_take(&whole.body, DER_SEQUENCE, &tbs))
        e = diag_set(&why, E_ANCHOR, "it is not in DER");
    if (e == E_OK)
        e = lint_own(tbs.whole, p, row, issuer != NULL ? issuer->cert : NULL, key, &why);
    if (e == E_OK)
        e = cert_verify(cert, issuer != NULL ? issuer->key : key, &why);
    if (e == E_LINT || e == E_CERT_SIGNATURE)
        e = E_ANCHOR;
    buf_free(&der);
    return e == E_OK ? E_OK : diag_wrap(d, e, &why, "%s.pem", row->name);
}

static enum err load(struct anchors *a, const struct policy_key *row, X509 **out, struct diag *d)
{
    char name[LIMIT_TOKEN_TEXT + 8];
    struct buf bytes = {0};
    struct diag why = {0};
    bool found;
    snprintf(name, sizeof name, "%s.pem", row->name);
    enum err e = file_read(a->fd, name, LIMIT_CERT_BYTES, &bytes, &found, d);
    if (e == E_OK && !found)
        e = diag_set(d, E_ANCHOR, "there is no %s in the folder of anchors", name);
    if (e == E_OK && (e = cert_parse(buf_span(&bytes), out, &why)) != E_OK)
        e = diag_wrap(d, e == E_CERTIFICATE ? E_ANCHOR : e, &why, "%s", name);
    if (e == E_OK)
        e = check(a, row, *out, d);
    buf_free(&bytes);
    return e;
}

enum err anchors_find(struct anchors *a, const char *name, const struct anchor **out,
                      struct diag *d)
{
    X509 *cert = NULL;
    *out = NULL;
    const struct policy_key *row = policy_key_find(a->policy, name);
    if (row == NULL)
        return diag_set(d, E_ANCHOR, "the policy has no key %s", name);
    for (size_t i = 0; i < a->n; i++) {
        if (a->v[i].row == row) {
            *out = &a->v[i];
            return E_OK;
        }
    }
    enum err e = load(a, row, &cert, d);
    if (e != E_OK) {
        X509_free(cert);
        return e;
    }
    a->v[a->n] = (struct anchor){row, cert, X509_get0_pubkey(cert)};
    *out = &a->v[a->n++];
    return E_OK;
}

void anchors_close(struct anchors *a)
{
    for (size_t i = 0; i < a->n; i++)
        X509_free(a->v[i].cert);
    free(a->v);
    if (a->fd >= 0)
        close(a->fd);
    *a = (struct anchors){.fd = -1};
}
