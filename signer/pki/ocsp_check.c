#include "pki/ocsp_check.h"

#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "pki/cause.h"
#include "pki/cert.h"
#include "pki/key.h"

static enum err fail(struct diag *d, const char *clause, const char *what)
{
    return diag_set_clause(d, E_LINT, clause, "%s", what);
}

/* The CertID's hashes once more, by another way than pki/ocsp.c. */
static enum err hashes_of(X509 *issuer, uint8_t name[OCSP_HASH], uint8_t key_hash[OCSP_HASH])
{
    const unsigned char *der = NULL;
    size_t n = 0;
    struct key key = {0};
    unsigned len = 0;
    uint8_t hash[EVP_MAX_MD_SIZE];
    if (X509_NAME_get0_der(X509_get_subject_name(issuer), &der, &n) != 1 ||
        EVP_Digest(der, n, hash, &len, EVP_sha1(), NULL) != 1)
        return cause_take(E_CRYPTO);
    memcpy(name, hash, OCSP_HASH);
    enum err e = key_from_pkey(X509_get0_pubkey(issuer), &key, NULL);
    memcpy(key_hash, key.ski, OCSP_HASH);
    key_free(&key);
    return e;
}

static enum err same_issuer(const struct ocsp_id *id, X509 *issuer, bool *same)
{
    uint8_t name[OCSP_HASH], key[OCSP_HASH];
    enum err e = hashes_of(issuer, name, key);
    *same = e == E_OK && memcmp(name, id->name_hash, OCSP_HASH) == 0 && memcmp(key, id->key_hash, OCSP_HASH) == 0;
    return e;
}

static enum err same_responder(const uint8_t hash[OCSP_HASH], X509 *responder, bool *same)
{
    uint8_t name[OCSP_HASH], key[OCSP_HASH];
    enum err e = hashes_of(responder, name, key);
    *same = e == E_OK && memcmp(key, hash, OCSP_HASH) == 0;
    return e;
}

/* Is the certificate valid from the first moment of the answer to the last? */
static bool holds(X509 *cert, const struct ocsp_status *s)
{
    return ASN1_TIME_cmp_time_t(X509_get0_notBefore(cert), (time_t)s->this_update) <= 0 &&
           ASN1_TIME_cmp_time_t(X509_get0_notAfter(cert), (time_t)s->next_update) >= 0;
}

static bool same_id(const struct ocsp_id *a, const struct ocsp_id *b)
{
    return memcmp(a->name_hash, b->name_hash, OCSP_HASH) == 0 && memcmp(a->key_hash, b->key_hash, OCSP_HASH) == 0 &&
           a->serial_n == b->serial_n && memcmp(a->serial, b->serial, a->serial_n) == 0;
}

static enum err check_asked(const struct ocsp_status *s, const struct ocsp_status *want, struct diag *d)
{
    if (!same_id(&s->id, &want->id))
        return fail(d, "RFC 6960 4.1.1", "the CertID is not the planned one");
    if (memcmp(s->responder, want->responder, OCSP_HASH) != 0)
        return fail(d, "RFC 6960 4.2.1", "the responder is not the planned one");
    if (s->revoked != want->revoked || s->revoked_at != (want->revoked ? want->revoked_at : 0) || s->reason != want->reason)
        return fail(d, "RFC 6960 2.2", "the status is not the planned one");
    if (s->produced_at != want->produced_at || s->this_update != want->this_update || s->next_update != want->next_update)
        return fail(d, "RFC 6960 2.4", "the times are not the planned ones");
    if (s->this_update > s->produced_at || s->produced_at >= s->next_update || s->revoked_at > s->this_update)
        return fail(d, "RFC 6960 2.4", "the times are not in order");
    return E_OK;
}

enum err ocsp_lint(struct span tbs, const struct ocsp_status *want, X509 *issuer, X509 *responder, struct diag *d)
{
    struct ocsp_view v;
    bool same = false;
    enum err e = ocsp_view_tbs(tbs, &v, d);
    if (e == E_OK)
        e = check_asked(&v.status, want, d);
    if (e != E_OK)
        return e;
    e = same_issuer(&v.status.id, issuer, &same);
    if (e == E_OK && !same)
        return fail(d, "RFC 6960 4.1.1", "the CertID is not of the issuer");
    if (e == E_OK)
        e = same_responder(v.status.responder, responder, &same);
    if (e != E_OK)
        return diag_set(d, e, "the lint of an OCSP response");
    if (!same)
        return fail(d, "RFC 6960 4.2.1", "the responder's name is not its key's");
    if (!holds(responder, &v.status))
        return fail(d, "RFC 5019 2.2.2", "the responder's certificate is not valid as long as the answer");
    return E_OK;
}

/* id-kp-OCSPSigning and id-pkix-ocsp-nocheck in it, signed by the issuer itself, valid long enough. */
static enum err check_responder(const struct ocsp_view *v, X509 *cert, X509 *issuer, struct diag *d)
{
    bool same = false;
    enum err e = cert_verify(cert, X509_get0_pubkey(issuer), NULL);
    if (e != E_OK && !err_is_refusal(e))
        return diag_set(d, e, "the responder's certificate");
    if (e != E_OK || X509_NAME_cmp(X509_get_issuer_name(cert), X509_get_subject_name(issuer)) != 0)
        return diag_set(d, cause_take(E_OCSP_RESPONDER), "its certificate is not by the issuer");
    if ((X509_get_extension_flags(cert) & EXFLAG_XKUSAGE) == 0 || (X509_get_extended_key_usage(cert) & XKU_OCSP_SIGN) == 0)
        return diag_set(d, cause_take(E_OCSP_RESPONDER), "its certificate is not for OCSP signing");
    if (X509_get_ext_by_NID(cert, NID_id_pkix_OCSP_noCheck, -1) < 0)
        return diag_set(d, E_OCSP_RESPONDER, "its certificate would have to be checked itself");
    if (!holds(cert, &v->status))
        return diag_set(d, E_OCSP_RESPONDER, "its certificate is not valid as long as the answer");
    e = same_responder(v->status.responder, cert, &same);
    if (e != E_OK)
        return diag_set(d, e, "the responder's key");
    return same ? E_OK : diag_set(d, E_OCSP_RESPONDER, "its certificate is of another key");
}

enum err ocsp_verify(const struct ocsp_view *v, X509 *issuer, struct diag *d)
{
    X509 *cert = NULL;
    struct diag why = {0};
    bool same = false;
    enum err e = cert_parse(v->responder, &cert, &why);
    if (e != E_OK)
        return diag_wrap(d, err_is_refusal(e) ? E_OCSP_RESPONDER : e, &why, "its certificate");
    e = check_responder(v, cert, issuer, d);
    if (e != E_OK)
        goto out;
    e = same_issuer(&v->status.id, issuer, &same);
    if (e != E_OK)
        diag_set(d, e, "the issuer's key");
    else if (!same)
        e = diag_set(d, E_OCSP_RESPONDER, "it answers for another issuer");
    if (e != E_OK)
        goto out;
    e = alg_verify(v->alg, X509_get0_pubkey(cert), v->tbs, v->signature);
    if (e != E_OK)
        e = diag_set(d, e == E_SIGNATURE_BAD ? E_OCSP_SIGNATURE : e, "%s", alg_sig_name(v->alg));
out:
    X509_free(cert);
    return e;
}
