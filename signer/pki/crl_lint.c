#include "pki/crl_lint.h"

#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "pki/cause.h"

static enum err fail(struct diag *d, const char *clause, const char *what)
{
    return diag_set_clause(d, E_LINT, clause, "%s", what);
}

static bool same(struct span a, const void *p, size_t n)
{
    return a.n == n && memcmp(a.p, p, n) == 0;
}

static bool same_url(const char *got, const char *want)
{
    return strcmp(got, want != NULL ? want : "") == 0;
}

static enum err check_asked(const struct crl_facts *f, const struct crl_head *want, struct diag *d)
{
    struct span alg = alg_identifier(want->alg, want->sm2_null);
    if (!same(f->alg_id, alg.p, alg.n))
        return fail(d, "RFC 5280 5.1.2.2", "the signature algorithm is not the key's");
    if (f->this_update != want->this_update || f->next_update != want->next_update)
        return fail(d, "RFC 5280 5.1.2.4", "the times are not the planned ones");
    if (f->next_update <= f->this_update)
        return fail(d, "RFC 5280 5.1.2.5", "nextUpdate does not come after thisUpdate");
    if (f->number != want->number || f->base != want->base)
        return fail(d, "RFC 5280 5.2.3", "the number or the base is not the planned one");
    if (!same_url(f->idp_url, want->idp_url))
        return fail(d, "RFC 5280 5.2.5", "the distribution point is not the policy's");
    if (!same_url(f->freshest_url, want->base == 0 ? want->freshest_url : NULL))
        return fail(d, "RFC 5280 5.2.6", "the place of the deltas is not the policy's");
    return E_OK;
}

static enum err check_issuer(const struct crl_facts *f, X509 *issuer, struct diag *d)
{
    const unsigned char *name = NULL;
    size_t name_n = 0;
    time_t at = (time_t)f->this_update;
    const ASN1_OCTET_STRING *ski = X509_get0_subject_key_id(issuer);
    if (X509_NAME_get0_der(X509_get_subject_name(issuer), &name, &name_n) != 1 || !same(f->issuer, name, name_n))
        return fail(d, "RFC 5280 5.1.2.3", "the issuer is not the signing key's name");
    if (ski == NULL || !same(f->aki, ASN1_STRING_get0_data(ski), (size_t)ASN1_STRING_length(ski)))
        return fail(d, "RFC 5280 5.2.1", "the key identifier is not the signing key's");
    if ((X509_get_key_usage(issuer) & KU_CRL_SIGN) == 0)
        return fail(d, "RFC 5280 4.2.1.3", "the issuer's certificate is not for signing CRLs");
    if (ASN1_TIME_cmp_time_t(X509_get0_notBefore(issuer), at) > 0 ||
        ASN1_TIME_cmp_time_t(X509_get0_notAfter(issuer), at) < 0)
        return fail(d, "RFC 5280 6.3.3", "the issuer's certificate is not valid at thisUpdate");
    return E_OK;
}

static enum err check_entries(struct crl_view *v, uint64_t entries, struct diag *d)
{
    const struct crl_facts *f = crl_view_facts(v);
    struct crl_entry e;
    uint64_t n = 0;
    bool more;
    crl_view_rewind(v);
    for (;;) {
        enum err err = crl_view_next(v, &e, &more, d);
        if (err != E_OK)
            return err;
        if (!more)
            break;
        if (e.revoked > f->this_update)
            return fail(d, "RFC 5280 5.1.2.6", "an entry was revoked after thisUpdate");
        n++;
    }
    return n == entries ? E_OK : fail(d, "RFC 5280 5.1.2.6", "the number of entries is not the planned one");
}

enum err crl_lint(struct crl_view *v, const struct crl_head *want, uint64_t entries, X509 *issuer,
                  uint8_t sha256[DIGEST_LEN], struct diag *d)
{
    const struct crl_facts *f = crl_view_facts(v);
    memset(sha256, 0, DIGEST_LEN);
    enum err e = check_asked(f, want, d);
    if (e == E_OK)
        e = check_issuer(f, issuer, d);
    if (e == E_OK)
        e = check_entries(v, entries, d);
    if (e == E_OK)
        e = crl_view_digest(v, sha256, d);
    if (e == E_LINT)
        e = cause_settle(e, d, "the lint of a CRL");
    return e;
}
