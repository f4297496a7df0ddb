/* history.h - the index, made from log and archive: one way, whether it is a fresh line or all of them again. */
#ifndef ROOTSEAL_BATCH_HISTORY_H
#define ROOTSEAL_BATCH_HISTORY_H

#include "batch/decide.h"
#include "batch/plan.h"
#include "batch/state.h"

/* Read the log from where the index stands to its end, applying each line; an index that does not fit the log is made
 * anew from the first line. *end is where the log ends (a torn line not counted). E_ARCHIVE when a plan the log names is
 * not in the archive as it was. */
ERR_MUST_USE enum err history_catch_up(struct state *s, struct log_position *end, struct diag *d);

/* Another index, in memory, as it was before this line of the log. *out is NULL on failure. E_ARCHIVE as above. */
ERR_MUST_USE enum err history_before(const struct state *s, uint64_t line, struct index **out, struct diag *d);

#endif
