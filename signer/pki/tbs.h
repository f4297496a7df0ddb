/* tbs.h - the exact to-be-signed bytes of a certificate (RFC 5280 4.1, GM/T 0015-2012). */
#ifndef ROOTSEAL_PKI_TBS_H
#define ROOTSEAL_PKI_TBS_H

#include "core/buf.h"
#include "core/diag.h"
#include "policy/policy.h"

/* What goes into a TBSCertificate. Spans are borrowed. Empty spans and lists leave their extension out. */
struct tbs_spec {
    struct span serial;     /* big-endian, positive, at most 20 bytes */
    enum sig_alg alg;
    bool sm2_null;
    struct span issuer;     /* DER Name */
    int64_t not_before, not_after;
    struct span subject;    /* DER Name */
    struct span spki;       /* DER SubjectPublicKeyInfo */
    struct span aki;        /* the issuer's key identifier */
    struct span ski;
    bool ca;                /* basicConstraints critical, cA TRUE */
    bool path_zero;         /* of a CA that may certify no other CA: pathLenConstraint 0 */
    uint32_t key_usage;     /* KU_ bits; the extension is critical */
    const struct policy_strings *extended_key_usage, *policies, *crl, *ocsp, *issuers; /* NULL: none */
    struct span san;        /* DER GeneralNames */
    struct span identity;   /* DER Extensions, one after the other (identity.h) */
    bool ocsp_nocheck;      /* of an OCSP responder whose own status is not asked (RFC 6960 4.2.2.2.1) */
};

/* Append the DER TBSCertificate to out. */
ERR_MUST_USE enum err tbs_build(const struct tbs_spec *spec, struct buf *out, struct diag *d);

/* The moment `period` after t, by the calendar in UTC: a day that the target month lacks becomes its last day. */
int64_t tbs_add_period(int64_t t, const struct policy_period *period);

#endif
