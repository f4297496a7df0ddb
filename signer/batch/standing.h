/* standing.h - may a plan be an intent: in time, under the policy in force, upon the log as it is, next in its RA's
 * order.
 *
 * The same questions are asked of a plan that would become an intent now and, by the history before its line, of an
 * intent that is in the log: a line there proves nothing, for whoever can write to the state can write one. `before` is
 * the number of the line, or INDEX_NOW. Only an index that was made from the log (STATE_FROM_LOG), or that the token
 * vouches for (STATE_VOUCHED), gives answers to rely on.
 */
#ifndef ROOTSEAL_BATCH_STANDING_H
#define ROOTSEAL_BATCH_STANDING_H

#include "batch/header.h"
#include "batch/plan.h"
#include "batch/state.h"

#define STANDING_MARGIN 60 /* seconds that a plan must still have when its intent is about to be written */

/* E_PLAN_POLICY when it was made under another policy than the one in force, or before that one came into force;
 * E_CLOCK_BEHIND before its time; E_PLAN_FORMAT when it claims another lifetime than the policy gives; E_PLAN_EXPIRED;
 * E_PLAN_STALE when it was made on another log, or something was planned since. */
ERR_MUST_USE enum err standing_check_plan(struct state *s, const struct plan_header *h, uint64_t before, int64_t time,
                                          struct diag *d);

/* The RA's order: E_BATCH_REPLAYED, E_SEQUENCE, E_PREVIOUS. */
ERR_MUST_USE enum err standing_check_order(struct state *s, const struct batch_header *h, uint64_t before, struct diag *d);

/* standing_check_plan() of an intent in the log, as of its line; E_PLAN_STALE when it was given up (batch/untold.h). */
ERR_MUST_USE enum err standing_check_intent(struct state *s, const struct plan_header *h, const struct index_batch *row,
                                            struct diag *d);

#endif
