#include "room/anchor_tbs.h"

#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "core/clock.h"
#include "pki/lint.h"
#include "pki/name.h"
#include "pki/tbs.h"

/* What the key is for: to sign certificates and their CRLs, or other things, among them perhaps the list of seals. */
static uint32_t usage_of(const struct policy_key *row, bool ca)
{
    if (ca)
        return KU_KEY_CERT_SIGN | KU_CRL_SIGN;
    return row->crl_period > 0 ? KU_DIGITAL_SIGNATURE | KU_CRL_SIGN : KU_DIGITAL_SIGNATURE;
}

enum err anchor_serial(uint8_t out[SERIAL_LEN], struct diag *d)
{
    if (RAND_bytes(out, SERIAL_LEN) != 1)
        return diag_set(d, E_CRYPTO, "random numbers");
    out[0] = (uint8_t)((out[0] & 0x3f) | 0x40);
    return E_OK;
}

enum err anchor_issuer(const struct policy_key *ca, X509 *issuer, struct tbs_spec *spec, struct diag *d)
{
    const unsigned char *name = NULL;
    size_t n = 0;
    struct tm end;
    const ASN1_OCTET_STRING *aki = X509_get0_subject_key_id(issuer);
    if (X509_NAME_get0_der(X509_get_subject_name(issuer), &name, &n) != 1 || aki == NULL ||
        ASN1_TIME_to_tm(X509_get0_notAfter(issuer), &end) != 1)
        return diag_set(d, E_ANCHOR, "%s", ca->name);
    if ((int64_t)timegm(&end) < spec->not_after)
        return diag_set(d, E_OUTLIVES_ISSUER, "%s ends before it", ca->name);
    spec->issuer = (struct span){name, n};
    spec->alg = ca->alg;
    spec->sm2_null = ca->sm2_null;
    spec->aki = (struct span){ASN1_STRING_get0_data(aki), (size_t)ASN1_STRING_length(aki)};
    return E_OK;
}

static enum err build(const struct policy *p, const struct policy_key *row, X509 *issuer, struct tbs_spec *spec,
                      struct buf *tbs, struct diag *d)
{
    static const char *const signing[] = {"1.3.6.1.5.5.7.3.9"}; /* id-kp-OCSPSigning, RFC 6960 4.2.2.2 */
    static const struct policy_strings ocsp_signing = {signing, 1};
    const struct policy_key *ca = policy_key_issuer(p, row);
    enum err e = ca != NULL ? anchor_issuer(ca, issuer, spec, d) : E_OK;
    spec->ca = policy_key_is_ca(p, row);
    spec->key_usage = usage_of(row, spec->ca);
    if (ca != NULL && spec->ca) {
        spec->path_zero = true;
    } else if (ca != NULL) {
        spec->extended_key_usage = &ocsp_signing;
        spec->ocsp_nocheck = true;
    }
    return e == E_OK ? tbs_build(spec, tbs, d) : e;
}

enum err anchor_self(const struct policy_key *row, const struct key *public, struct buf *name, uint8_t serial[SERIAL_LEN],
                     struct tbs_spec *spec, struct diag *d)
{
    const int64_t now = clock_now();
    enum err e = anchor_serial(serial, d);
    if (e == E_OK)
        e = name_from_rules(row->subject, row->subjects, name, d);
    *spec = (struct tbs_spec){
        .serial = {serial, SERIAL_LEN},
        .alg = row->alg,
        .sm2_null = row->sm2_null,
        .issuer = buf_span(name),
        .subject = buf_span(name),
        .not_before = now,
        .not_after = tbs_add_period(now, &row->validity) - 1,
        .spki = buf_span(&public->spki),
        .ski = {public->ski, sizeof public->ski},
    };
    return e;
}

enum err anchor_tbs(const struct policy *p, const struct policy_key *row, const struct key *public, X509 *issuer,
                    struct buf *tbs, struct diag *d)
{
    const struct policy_key *ca = policy_key_issuer(p, row);
    const char *const address[] = {ca != NULL ? ca->crl_url : NULL}; /* of the list on which a sub-CA would stand */
    const struct policy_strings crl = {address, policy_key_is_ca(p, row) && address[0] != NULL};
    struct tbs_spec spec;
    struct buf name = {0};
    uint8_t serial[SERIAL_LEN];
    enum err e = anchor_self(row, public, &name, serial, &spec, d);
    spec.crl = &crl;
    if (e == E_OK)
        e = build(p, row, issuer, &spec, tbs, d);
    if (e == E_OK)
        e = lint_own(buf_span(tbs), p, row, issuer, public->pkey, d);
    buf_free(&name);
    return e;
}
