/* plan_requests.h - the requests of one batch, each decided and its exact bytes built, into the lines of a plan. */
#ifndef ROOTSEAL_BATCH_PLAN_REQUESTS_H
#define ROOTSEAL_BATCH_PLAN_REQUESTS_H

#include "batch/header.h"
#include "batch/plan.h"
#include "batch/state.h"
#include "core/json.h"
#include "core/progress.h"

struct plan_source {
    struct state *state;
    const struct policy_authority *authority;
    const struct batch_header *header;
    const struct plan_header *plan; /* created: the time at which all is decided */
    struct json_lines *lines;       /* batch.jsonl, whose header was read */
    const struct progress *progress;
};

/* Append header, items and end of the plan to the file that fd is open on. All processors work at it; the bytes are the
 * same whatever their number, but for serial numbers, which are drawn by chance. E_UNFINISHED when what the batch asks
 * rests on what another one may still change. */
ERR_MUST_USE enum err plan_requests(const struct plan_source *from, int fd, struct diag *d);

#endif
