/* replay.h - a plan made again from its batch: what was decided, and every byte that would be signed.
 *
 * A plan lies in a folder that others may write to. Whoever relies on one - the planner that finds it there, the officer
 * who authorises it, the auditor - decides the whole batch again and compares. Nothing here needs a token.
 */
#ifndef ROOTSEAL_BATCH_REPLAY_H
#define ROOTSEAL_BATCH_REPLAY_H

#include "batch/certify.h"
#include "batch/effects.h"
#include "batch/plan.h"

/* Where the issuers' certificates come from, and what the items do. */
struct replay_source {
    enum err (*issuer)(void *arg, const char *key, const struct issuer **out, struct diag *d);
    void *arg;
    const struct effects_world *world;
};

/* Compare the plan with the batch in its folder, under the policy it was made under, at the time it was made: the files
 * are those it names, header and approvals are good and are those it names, and each request, decided again, gives the
 * same line, its serial number taken from the plan. E_PLAN_CONTENT names the first difference. The
 * plan stands at its first item before and after. */
ERR_MUST_USE enum err replay_plan(int dir_fd, struct plan *plan, const struct policy *policy,
                                  const struct decide_history *history, const struct replay_source *source, struct diag *d);

#endif
