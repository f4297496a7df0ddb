/* sealed.h - what the log's own seals vouch for, when no token can be asked. */
#ifndef ROOTSEAL_BATCH_SEALED_H
#define ROOTSEAL_BATCH_SEALED_H

#include "batch/state.h"

/* Count as told what stands up to the last seal line whose signature by the log key verifies, unless s->told is further already:
 * the lines behind it anybody could have written. The log's errors, E_KEY_MISSING when there is no log key. */
ERR_MUST_USE enum err sealed_take(struct state *s, struct diag *d);

#endif
