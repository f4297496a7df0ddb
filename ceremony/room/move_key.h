/* move_key.h - a key is taken to a second token, and then closed; hsm/transfer.h tells how. */
#ifndef ROOTSEAL_ROOM_MOVE_KEY_H
#define ROOTSEAL_ROOM_MOVE_KEY_H

#include "batch/state.h"
#include "hsm/hsm.h"

/* Does the policy call the key transferable? E_KEY_STAYS. */
ERR_MUST_USE enum err move_check(const struct policy_key *row, struct diag *d);

/* Copy the key to the second token (NULL: do not), prove that both have the same one, append the line that says so,
 * synced; and close it on the first. Can be run again after an interruption; a copy that is there already is proven
 * again. E_KEY_STAYS when the policy does not call the key transferable, or it is closed already and not on the
 * second; E_KEY_MISSING, E_KEY_DESTROYED; errors of hsm_key_transfer() and hsm_key_confine(). The token must be told
 * of the log afterwards. */
ERR_MUST_USE enum err move_key(struct state *s, struct hsm *h, struct hsm *second, const struct policy_key *row,
                               struct diag *d);

#endif
