#include "ra/certificate.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "pki/cause.h"
#include "pki/cert.h"
#include "pki/der.h"
#include "pki/lint.h"
#include "pki/lint_identity.h"

/* One certificate, in DER, every byte of it. */
static enum err read_der(struct span der, X509 **cert, struct span *tbs, struct diag *d)
{
    struct buf again = {0};
    struct der whole, part;
    struct span in = der;
    bool same = false;
    *tbs = (struct span){0};
    enum err e = cert_parse(der, cert, d);
    if (e == E_OK)
        e = cert_write_der(*cert, &again);
    if (e == E_OK)
        same = der_check(der) && der_same(buf_span(&again), der) &&
               der_take(&in, DER_SEQUENCE, &whole) && der_take(&whole.body, DER_SEQUENCE, &part);
    buf_free(&again);
    if (e == E_NO_MEMORY || e == E_CRYPTO)
        return diag_set(d, e, "a certificate");
    if (!same)
        return diag_set(d, E_BUNDLE_ANSWER, "it is not one certificate in DER");
    *tbs = part.whole;
    return E_OK;
}

static bool is_der(const uint8_t *der, int n, const struct buf *want)
{
    return n > 0 && want->len == (size_t)n && memcmp(der, want->data, want->len) == 0;
}

static bool same_key(X509 *cert, const struct csr *csr)
{
    uint8_t *der = NULL;
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    bool same = is_der(der, n, &csr->key.spki);
    OPENSSL_free(der);
    return same;
}

static bool same_subject(X509 *cert, const struct decision *o)
{
    uint8_t *der = NULL;
    int n = i2d_X509_NAME(X509_get_subject_name(cert), &der);
    bool same = is_der(der, n, &o->subject);
    OPENSSL_free(der);
    return same;
}

static bool same_names(X509 *cert, const struct decision *o)
{
    int at = X509_get_ext_by_NID(cert, NID_subject_alt_name, -1);
    if (at < 0)
        return o->san.len == 0;
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(cert, at));
    return is_der(ASN1_STRING_get0_data(value), ASN1_STRING_length(value), &o->san);
}

/* The identity extensions, in their order, are those that the request makes. */
static bool same_identity(X509 *cert, const struct decision *o, struct buf *have)
{
    for (int i = 0; i < X509_get_ext_count(cert); i++) {
        X509_EXTENSION *ext = X509_get_ext(cert, i);
        uint8_t *der = NULL;
        if (!lint_identity_is(X509_EXTENSION_get_object(ext)))
            continue;
        int n = i2d_X509_EXTENSION(ext, &der);
        if (n > 0)
            buf_append(have, der, (size_t)n);
        OPENSSL_free(der);
    }
    return der_same(buf_span(have), buf_span(&o->identity));
}

static enum err check_identity(X509 *cert, const struct decision *o, struct diag *d)
{
    struct buf have = {0};
    bool same = same_identity(cert, o, &have);
    enum err e = buf_err(&have);
    buf_free(&have);
    if (e == E_OK && !same)
        e = cause_take(E_BUNDLE_ANSWER);
    return e == E_OK ? E_OK : diag_set(d, e, "its identity is not the one asked for");
}

static enum err check_request(X509 *cert, const struct decision *o, struct diag *d)
{
    if (!same_key(cert, &o->csr))
        return diag_set(d, E_BUNDLE_ANSWER, "its public key is not the request's");
    if (!same_subject(cert, o))
        return diag_set(d, E_BUNDLE_ANSWER, "its subject is not the one asked for");
    if (!same_names(cert, o))
        return diag_set(d, E_BUNDLE_ANSWER, "its alternative names are not those asked for");
    return check_identity(cert, o, d);
}

enum err certificate_check(const struct result *r, const struct decision *o,
                           const struct anchor *issuer, struct show *show, struct diag *d)
{
    X509 *cert = NULL;
    struct span tbs;
    struct diag why = {0};
    enum err e = read_der(buf_span(&r->cert), &cert, &tbs, &why);
    if (e == E_OK)
        e = cert_verify(cert, issuer->key, &why);
    if (e == E_OK)
        e = check_request(cert, o, &why);
    if (e == E_OK &&
        (e = lint_end_entity(tbs, (struct span){0}, o->profile, issuer->row, issuer->cert, &why)) == E_LINT)
        e = E_BUNDLE_ANSWER;
    if (e == E_OK)
        e = show_certificate(cert, show, &why);
    if (e == E_OK && strcmp(show->serial, r->serial) != 0)
        e = diag_set(&why, E_BUNDLE_ANSWER, "its serial number is not %s", r->serial);
    X509_free(cert);
    ERR_clear_error();
    return e == E_OK ? E_OK
                     : diag_wrap(d, e, &why, "request %lld (%s), certificate", (long long)r->n, r->id);
}
