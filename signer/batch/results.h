/* results.h - the parts of a bundle that are read out of log and plan side by side.
 *
 * They are written behind the signing: whenever lines were synced, what they say is taken over, so that little is left
 * when the seal is made. What a killed run had answered is taken in the same way.
 */
#ifndef ROOTSEAL_BATCH_RESULTS_H
#define ROOTSEAL_BATCH_RESULTS_H

#include "batch/outcomes.h"
#include "batch/plan.h"
#include "batch/state.h"
#include "log/seal.h"

struct results;

#define RESULTS_LIST_NAME (LIMIT_TOKEN_TEXT + 32) /* bytes of a list's file name: KEY-NUMBER.crl, KEY-N.ocsp */

/* Begin results.jsonl, log.jsonl and certs.p7b in the folder fd, for the plan in the folder dir_fd and the batch's row (its
 * place in the log and its size). Both folders and plan must outlive it. End with results_free(), on failure too. */
ERR_MUST_USE enum err results_begin(struct state *s, int dir_fd, int fd, const struct plan *plan,
                                    const struct index_batch *row, struct results **out, struct diag *d);

/* Take the lines that the log has gained, as far as the batch's seal: the first one after its last outcome. Each outcome
 * line must be that of the plan's next item: E_ARCHIVE when they differ, for then log and archive tell two stories. */
ERR_MUST_USE enum err results_follow(struct results *r, struct diag *d);

/* Take the rest and finish the files, each synced. E_ARCHIVE when the batch is not sealed in the log. */
ERR_MUST_USE enum err results_finish(struct results *r, struct diag *d);

/* What the rest of the bundle needs to know, once finished: the issuers of what was issued, and the seal. */
const struct issuers *results_issuers(const struct results *r);
const struct seal *results_seal(const struct results *r);

/* The files of the lists that the batch made, in its order. */
size_t results_lists(const struct results *r);
const char *results_list(const struct results *r, size_t i);

/* NULL is allowed. */
void results_free(struct results *r);

#endif
