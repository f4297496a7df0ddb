/* sealing.h - put a seal under the log: sign where it stands and append the seal line. */
#ifndef ROOTSEAL_BATCH_SEALING_H
#define ROOTSEAL_BATCH_SEALING_H

#include "batch/state.h"
#include "hsm/hsm.h"

/* Sign the log's position with the log key, append the seal line and sync. */
ERR_MUST_USE enum err sealing_run(struct state *s, struct hsm_key *log_key, struct diag *d);

/* Find the log key (own_key_open()), seal, and tell the token where the log stands (witness_write()). */
ERR_MUST_USE enum err sealing_finish(struct state *s, struct hsm *h, struct diag *d);

/* The same where the log key can seal; where it is not made yet, not closed yet, at its end, or cannot sign as the policy has it,
 * the token alone is told. The index must know of all that became of that key. */
ERR_MUST_USE enum err sealing_finish_if_able(struct state *s, struct hsm *h, struct diag *d);

#endif
