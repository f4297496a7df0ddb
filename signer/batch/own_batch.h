/* own_batch.h - a batch that the appliance makes itself, to ask for its own revocation lists.
 *
 * It goes the way of every batch but for the approvals: nobody's application is in it (batch/header.h, HEADER_OWN_RA).
 */
#ifndef ROOTSEAL_BATCH_OWN_BATCH_H
#define ROOTSEAL_BATCH_OWN_BATCH_H

#include "batch/intake.h"
#include "batch/state.h"

/* Put a batch into the archive that asks for a list of each of the authority's keys that issues lists, or of the one with
 * this name (NULL: all): full ones, or deltas. E_AUTHORITY, E_LIST_KEY when there is no such key. */
ERR_MUST_USE enum err own_batch_make(struct state *s, const char *authority, const char *key, bool delta,
                                     struct intake *out, struct diag *d);

#endif
