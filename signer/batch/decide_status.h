/* decide_status.h - a request about a certificate that was issued before: revoke, suspend, resume, accept; and for a
 * revocation list or OCSP responses. For decide.c.
 */
#ifndef ROOTSEAL_BATCH_DECIDE_STATUS_H
#define ROOTSEAL_BATCH_DECIDE_STATUS_H

#include "batch/decide.h"

/* Look for the certificate that the request names, if it names one: E_CERT_UNKNOWN when the authority issued none such, or by
 * another key than the request says.
 * Without a history nothing is looked for. */
ERR_MUST_USE enum err decide_find_existing(struct decider *c, struct decision *o, struct diag *d);

/* E_CERT_EXPIRED, E_CERT_REVOKED, E_CERT_HELD: it can be followed by no other certificate. */
ERR_MUST_USE enum err decide_check_usable(const struct decider *c, const struct decision *o, struct diag *d);

/* E_REASON, E_CERT_EXPIRED, E_CERT_REVOKED, E_CERT_HELD, E_CERT_NOT_HELD, E_CERT_ACCEPTED, E_LIST_KEY. On success act, clause
 * and reason or list_key are filled in. */
ERR_MUST_USE enum err decide_status(struct decider *c, struct decision *o, struct diag *d);

#endif
