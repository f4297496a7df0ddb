/* outcomes.h - the requests of a plan turned into issued and refused lines. */
#ifndef ROOTSEAL_BATCH_OUTCOMES_H
#define ROOTSEAL_BATCH_OUTCOMES_H

#include "batch/issuers.h"
#include "batch/plan.h"
#include "batch/state.h"
#include "core/progress.h"
#include "hsm/hsm.h"

/* Who is told that another group of lines is safe in the log: what follows the log can do so beside the workers. */
struct outcomes_follower {
    enum err (*synced)(void *arg, struct diag *d);
    void *arg;
};

/* dir_fd is the batch's folder in the archive. Open the issuers' keys on the token, then sign and log the items of the plan after the first `answered` ones, in plan
 * order, synced in groups and at the end. The plan stands at its first item. Stops at the first error; what was
 * appended before it is synced. *signatures counts what the token signed. */
ERR_MUST_USE enum err outcomes_run(struct state *s, struct hsm *h, int sessions, int dir_fd, struct plan *plan,
                                   struct issuers *issuers, uint64_t answered,
                                   const struct outcomes_follower *follower, const struct progress *progress,
                                   uint64_t *signatures, struct diag *d);

#endif
