/* planner.h - from a batch in the archive to its plan. */
#ifndef ROOTSEAL_BATCH_PLANNER_H
#define ROOTSEAL_BATCH_PLANNER_H

#include "batch/intake.h"
#include "batch/plan.h"
#include "batch/state.h"
#include "core/progress.h"

/* What became of a batch. */
struct planned {
    struct intake intake;       /* of the folder whose plan counts: an earlier one when the batch is already under way */
    enum err refused;           /* E_OK, or the code with which the whole batch was refused */
    char clause[LIMIT_CLAUSE + 1]; /* of the refusal */
    char detail[DIAG_TEXT_MAX]; /* of the refusal */
    bool under_way;             /* the plan was recorded as intent before */
    uint8_t plan[DIGEST_LEN];   /* digest of the plan; not set when refused */
};

/* Plan the batch of this intake: header, history and approvals are checked, every request decided, the exact TBS built
 * and linted, and plan.jsonl written and synced in its folder. A batch whose header, order, approvals and count are good
 * is logged once per intake, a refusal of the whole batch once per intake and code. A plan that is still good (in time,
 * nothing planned since, same policy, and the same when it is made again) is kept as it is, and a batch under way
 * keeps the plan it has, so that a repeated run gives one answer. The return value is other than E_OK only when no answer could be given. */
ERR_MUST_USE enum err planner_run(struct state *s, const struct intake *in, const struct progress *progress,
                                  struct planned *out, struct diag *d);

#endif
