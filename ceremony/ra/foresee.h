/* foresee.h - what the appliance would refuse, as far as an RA can know. */
#ifndef ROOTSEAL_RA_FORESEE_H
#define ROOTSEAL_RA_FORESEE_H

#include "batch/decide.h"
#include "ra/desk.h"

/* The batch as a whole, but for its approvals: what intake would not take, the header, the number of requests. Each is
 * checked for itself, so that all of it can be told in one go: why[i].code is E_OK or the reason. */
#define FORESEE_WHOLE 3
void foresee_whole(const struct desk *k, int64_t now, struct diag why[FORESEE_WHOLE]);

/* Of all requests, what would become of them. */
struct foresee_counts {
    struct plan_counts of;
    int64_t about_existing; /* those about a certificate that was issued before: of it nothing is known here */
};

/* Each request, with a bar on stderr: tell(arg, number from 1, decision, twin) where it would be refused; where it has the key
 * of an earlier request for the same subject; and where it asks for a list besides those that earlier changes of status bring
 * by themselves. The number of the first such request is twin then (else 0). tell may be NULL. */
typedef enum err (*foresee_tell)(void *arg, int64_t n, const struct decision *o, int64_t twin);
ERR_MUST_USE enum err foresee_requests(const struct desk *k, const struct policy_authority *authority, int64_t now,
                                       foresee_tell tell, void *arg, struct foresee_counts *counts, struct diag *d);

#endif
