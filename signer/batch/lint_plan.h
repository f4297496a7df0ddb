/* lint_plan.h - the last look at a whole plan before it is bound to be signed. */
#ifndef ROOTSEAL_BATCH_LINT_PLAN_H
#define ROOTSEAL_BATCH_LINT_PLAN_H

#include "batch/issuers.h"
#include "batch/plan.h"
#include "batch/state.h"

/* Every TBS of the plan passes the lint of its policy row, bears the planned serial, and takes no serial that was used and
 * no key that has another owner; `intended` says that the plan is in the log already, so that its own serials are. The
 * plan stands at its first item, and at its end afterwards. The issuers of everything to be signed are added to issuers.
 * The items are spread over the processors; whatever the number of these, the error is that of the first bad item: E_LINT,
 * E_PLAN_STALE, E_AUTHORITY, or as issuers_find() and plan_next() say. */
ERR_MUST_USE enum err lint_plan(struct state *s, struct plan *plan, bool intended, struct issuers *issuers,
                                struct diag *d);

#endif
