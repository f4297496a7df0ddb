/* responses.h - OCSP responses that were signed, each made and verified again. */
#ifndef ROOTSEAL_AUDIT_RESPONSES_H
#define ROOTSEAL_AUDIT_RESPONSES_H

#include "audit/batches.h"

/* The file that the ocsp line r names is in the archive, has the line's digest, and holds, one after the other, a response
 * with the very bytes that the auditor's index gives for each certificate, signed by a responder of its issuer; the copy in
 * the bundle, when that is there, is the same. E_ARCHIVE, E_OCSP_FORMAT, E_OCSP_RESPONDER, E_OCSP_SIGNATURE,
 * E_BUNDLE_DIGEST, E_LOG_ORDER. */
ERR_MUST_USE enum err responses_verify(struct audit *a, const struct batches_open *b, const struct plan_item *item,
                                       const struct record *r, struct diag *d);

#endif
