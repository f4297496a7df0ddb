/* foresee.h - what the appliance would refuse, as far as an RA can know. */
#ifndef ROOTSEAL_RA_FORESEE_H
#define ROOTSEAL_RA_FORESEE_H

#include "batch/decide.h"
#include "ra/desk.h"

/* The batch as a whole, but for its approvals: what intake would not take, the header, the number of requests. Each is
 * checked for itself, so that all of it can be told in one go: why[i].code is E_OK or the reason. */
#define FORESEE_WHOLE 3
void foresee_whole(const struct desk *k, int64_t now, struct diag why[FORESEE_WHOLE]);

/* Each request, with a bar on stderr: tell(arg, number from 1, decision, twin) where it would be refused, and where it has
 * the key of an earlier request for the same subject, whose number twin is then (else 0). Counts the refused ones.
 * tell may be NULL. */
typedef enum err (*foresee_tell)(void *arg, int64_t n, const struct decision *o, int64_t twin);
ERR_MUST_USE enum err foresee_requests(const struct desk *k, const struct policy_authority *authority, int64_t now,
                                       foresee_tell tell, void *arg, int64_t *refused, struct diag *d);

#endif
