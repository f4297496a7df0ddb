/* ocsp_view.h - an OCSP response taken apart, strictly: DER to the last byte, and nothing beyond what pki/ocsp.h makes
 * (RFC 5019 2.2): successful, basic, version 1, byKey, one answer with SHA-1 CertID, nextUpdate and no extensions, and the
 * responder's certificate.
 */
#ifndef ROOTSEAL_PKI_OCSP_VIEW_H
#define ROOTSEAL_PKI_OCSP_VIEW_H

#include "pki/ocsp.h"

struct ocsp_view {
    struct ocsp_status status;
    /* Of a whole response; the spans point into what was read. */
    struct span tbs;       /* DER ResponseData */
    enum sig_alg alg;
    struct span alg_id;
    struct span signature;
    struct span responder; /* DER certificate; not looked into */
};

/* Read a DER ResponseData into out->status. E_OCSP_FORMAT. */
ERR_MUST_USE enum err ocsp_view_tbs(struct span tbs, struct ocsp_view *out, struct diag *d);

/* Read a whole OCSPResponse. E_OCSP_FORMAT. Nothing in it is verified: see pki/ocsp_check.h. */
ERR_MUST_USE enum err ocsp_view_response(struct span response, struct ocsp_view *out, struct diag *d);

#endif
