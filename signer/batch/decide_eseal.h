/* decide_eseal.h - a request for an electronic seal: seal-issue, seal-renew. For decide.c. */
#ifndef ROOTSEAL_BATCH_DECIDE_ESEAL_H
#define ROOTSEAL_BATCH_DECIDE_ESEAL_H

#include "batch/decide.h"

/* Everything that is asked of the name, the picture and the holder's certificate, and, for a renewal, of the seal it
 * follows: E_ESEAL_NAME, E_PICTURE, E_HOLDER, E_KEY_OF_CA, E_KEY_OTHER_SUBJECT, E_CERT_*, E_SUBJECT_OTHER,
 * E_RENEWAL_TOO_EARLY. On success act, clause, seals, csr.key (the holder's) and subject (the holder's) are filled in. */
ERR_MUST_USE enum err decide_eseal(struct decider *c, struct decision *o, struct diag *d);

#endif
