/* witness.h - the head of the log that the token keeps, so that an old or shortened log is found out.
 *
 * The data object "rootseal-log-head" holds the line of text of log/head_text.h.
 */
#ifndef ROOTSEAL_BATCH_WITNESS_H
#define ROOTSEAL_BATCH_WITNESS_H

#include "batch/state.h"
#include "hsm/hsm.h"

#define WITNESS_LABEL "rootseal-log-head"

/* A new state on a token that keeps another log's head already is refused: E_TOKEN_USED. */
ERR_MUST_USE enum err witness_check_unused(struct hsm *h, struct diag *d);

/* The token must be the one of the genesis line (E_TOKEN_OTHER), and the log must still hold the line the token knows as
 * head (E_LOG_ROLLED_BACK when it is shorter or another, or when
 * the token has lost the object). A log of one line that the token has not heard of is told to it. Afterwards
 * s->told is the number of lines the token has heard of: see batch/untold.h before it is told of more. */
ERR_MUST_USE enum err witness_check(struct state *s, struct hsm *h, struct diag *d);

/* May another token take the place of the one that was lost, or the same one whose object is gone? E_TOKEN_USED when it keeps the
 * head of another log, E_LOG_ROLLED_BACK when it keeps one of this log that does not hold. */
ERR_MUST_USE enum err witness_take_over(struct state *s, struct hsm *h, struct diag *d);

/* Sync the log and give the token its head: the token never knows of a line that could be lost. Afterwards s->told is all of it. */
ERR_MUST_USE enum err witness_write(struct state *s, struct hsm *h, struct diag *d);

#endif
