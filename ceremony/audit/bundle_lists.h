/* bundle_lists.h - the revocation lists in a bundle. */
#ifndef ROOTSEAL_AUDIT_BUNDLE_LISTS_H
#define ROOTSEAL_AUDIT_BUNDLE_LISTS_H

#include "audit/batches.h"

/* Each list that the plan of this batch names is a file of the bundle folder (fd) in its proper form, signed by its key, the one
 * of the plan byte for byte, and, when the policy of the plan is this program's, as crl_lint() wants it. E_BUNDLE_DIGEST for a
 * file that is not there, E_CRL_FORMAT, E_CRL_SIGNATURE, E_LINT, E_ARCHIVE, E_LOG_ORDER. */
ERR_MUST_USE enum err bundle_lists_check(struct audit *a, const struct batches_open *b, int fd, struct diag *d);

#endif
