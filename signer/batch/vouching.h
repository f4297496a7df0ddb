/* vouching.h - the token vouches for the index that signing keeps (log/vouched.h).
 *
 * The data object "rootseal-signing-index" holds the line "rootseal-index-1 <root>": what the index came to at the end
 * of the last signing. It stands for all of it, also for the place in the log up to which it holds. Where the token has
 * no such line or another one, the index was changed, is an older copy, or its signing was cut off: it is made from the
 * log.
 */
#ifndef ROOTSEAL_BATCH_VOUCHING_H
#define ROOTSEAL_BATCH_VOUCHING_H

#include "batch/state.h"
#include "hsm/hsm.h"

#define VOUCHING_LABEL "rootseal-signing-index"

/* Does the token know a root, and is it this one? The token is logged in. E_TOKEN. */
ERR_MUST_USE enum err vouching_check(struct hsm *h, const uint8_t root[DIGEST_LEN], bool *any, bool *known,
                                     struct diag *d);

/* The index is up to date: make it durable, and then tell the token its root. Nothing happens with another index than
 * signing's own. E_IO, E_TOKEN. */
ERR_MUST_USE enum err vouching_write(struct state *s, struct hsm *h, struct diag *d);

#endif
