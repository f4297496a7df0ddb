/* recheck.h - replay.h with what the appliance's own state knows. */
#ifndef ROOTSEAL_BATCH_RECHECK_H
#define ROOTSEAL_BATCH_RECHECK_H

#include "batch/plan.h"
#include "batch/state.h"

/* Does the plan in this folder follow from its batch, by this program's policy and this state's history? Errors of
 * replay_plan(); E_PLAN_POLICY when it was made under another policy. */
ERR_MUST_USE enum err recheck_plan(struct state *s, int dir_fd, struct plan *plan, struct diag *d);

#endif
