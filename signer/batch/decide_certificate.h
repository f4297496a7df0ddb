/* decide_certificate.h - a request that ends in a new certificate: issue, renew, change, add-application. For decide.c. */
#ifndef ROOTSEAL_BATCH_DECIDE_CERTIFICATE_H
#define ROOTSEAL_BATCH_DECIDE_CERTIFICATE_H

#include "batch/decide.h"

/* Everything that is asked of the PKCS#10 request, its key and its subject, and, for all but `issue`, of the certificate it
 * follows. On success act, clause, profile, csr, subject and san are filled in. */
ERR_MUST_USE enum err decide_certificate(struct decider *c, struct decision *o, struct diag *d);

#endif
