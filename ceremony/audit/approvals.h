/* approvals.h - what the RA's persons signed, checked again as of the moment of the plan. */
#ifndef ROOTSEAL_AUDIT_APPROVALS_H
#define ROOTSEAL_AUDIT_APPROVALS_H

#include "audit/batches.h"

/* Under this program's policy: header and approvals of the batch pass again at the plan's time,
 * the bundle the RA named as the last is the last, and the approvals are those the plan lists.
 * Under another: each approval that carries its signer's certificate, and is listed, verifies;
 * the rest is left open. */
ERR_MUST_USE enum err approvals_check(struct audit *a, const struct batches_open *b,
                                      const struct batches_ra *ra);

#endif
