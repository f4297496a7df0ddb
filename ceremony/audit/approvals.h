/* approvals.h - what the RA's persons signed, checked again as of the moment of the plan. */
#ifndef ROOTSEAL_AUDIT_APPROVALS_H
#define ROOTSEAL_AUDIT_APPROVALS_H

#include "audit/batches.h"

/* Under this program's policy: the bundle the RA named as the last is the last, and the plan follows
 * from the batch (batch/replay.h): header and approvals pass again at the plan's time, and every
 * request, decided again, gives the planned line and the planned bytes.
 * Under another: each approval that carries its signer's certificate, and is listed, verifies;
 * the rest is left open. */
ERR_MUST_USE enum err approvals_check(struct audit *a, const struct batches_open *b,
                                      const struct batches_ra *ra);

#endif
