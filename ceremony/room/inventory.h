/* inventory.h - the keys on the token and those of the log, side by side. */
#ifndef ROOTSEAL_ROOM_INVENTORY_H
#define ROOTSEAL_ROOM_INVENTORY_H

#include "batch/state.h"
#include "hsm/hsm.h"

/* Print every key that the log or the token knows, with what both say of it, as text or as one line of JSON
 * (rootseal-ceremony(1) tells what stands there). Keys belong together by their public keys; a private key that shows
 * none, by the label in the policy. That something is not as it should be is no error. Needs a login; errors of the
 * log's reader and of hsm_objects(). */
ERR_MUST_USE enum err inventory_print(struct state *s, struct hsm *h, bool json, struct diag *d);

#endif
