/* decide_certificate.h - a request that ends in a new certificate: issue, renew, change, add-application. For decide.c. */
#ifndef ROOTSEAL_BATCH_DECIDE_CERTIFICATE_H
#define ROOTSEAL_BATCH_DECIDE_CERTIFICATE_H

#include "batch/decide.h"

/* Everything that is asked of the PKCS#10 request, its key and its subject, and, for all but `issue`, of the certificate it
 * follows. Request and CSR are in o already, what was found about them in the reading. On success act, clause, profile,
 * subject and san are filled in. */
ERR_MUST_USE enum err decide_certificate(struct decider *c, const struct reading *in, struct decision *o,
                                         struct diag *d);

/* The key csr.key belongs to nobody else: not to the appliance (E_KEY_OF_CA), nor by the history or this batch to another
 * subject (E_KEY_OTHER_SUBJECT, with this clause). */
ERR_MUST_USE enum err decide_check_key_owner(struct decider *c, struct decision *o, const char *clause, struct diag *d);

/* E_RENEWAL_TOO_EARLY when it is not yet the time before the end of what exists in which renewal may be asked for. */
ERR_MUST_USE enum err decide_check_window(const struct decider *c, const struct decision *o, struct diag *d);

#endif
