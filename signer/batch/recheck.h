/* recheck.h - replay.h with what the appliance's own state knows. */
#ifndef ROOTSEAL_BATCH_RECHECK_H
#define ROOTSEAL_BATCH_RECHECK_H

#include "batch/plan.h"
#include "batch/state.h"

/* Does the plan in this folder follow from its batch, by this program's policy and this state's history? Errors of
 * replay_plan(); E_PLAN_POLICY when it was made under another policy. */
ERR_MUST_USE enum err recheck_plan(struct state *s, int dir_fd, struct plan *plan, struct diag *d);

/* The lists of a plan that is no intent yet are what the index gives, and no other batch is unfinished that could change
 * them: E_PLAN_STALE, E_UNFINISHED. */
ERR_MUST_USE enum err recheck_lists(struct state *s, struct plan *plan, struct diag *d);

#endif
