/* results.h - the parts of a bundle that are read out of log and plan side by side. */
#ifndef ROOTSEAL_BATCH_RESULTS_H
#define ROOTSEAL_BATCH_RESULTS_H

#include "batch/outcomes.h"
#include "batch/plan.h"
#include "batch/state.h"
#include "log/seal.h"

/* What the rest of the bundle needs to know. Zero-initialise; end with results_free(). */
struct results {
    struct issuers issuers; /* of what was issued */
    struct seal seal;       /* the batch's */
};

/* Write results.jsonl, certs.p7b and log.jsonl into the folder fd, each synced. The plan stands at its first item; the
 * log's lines from the intent to the seal are read, and each outcome line must be that of the next item: E_ARCHIVE when
 * they differ, for then log and archive tell two stories. */
ERR_MUST_USE enum err results_write(struct state *s, int fd, struct plan *plan, const struct index_batch *row,
                                    struct results *out, struct diag *d);
void results_free(struct results *r);

#endif
