/* end_intent.h - that a key is about to be destroyed stands in the log, and the token knows it, before anything is: so a power
 * cut in the middle leaves nobody to guess what was there. */
#ifndef ROOTSEAL_ROOM_END_INTENT_H
#define ROOTSEAL_ROOM_END_INTENT_H

#include "batch/state.h"
#include "hsm/destroy.h"

/* See what the token has of the key (hsm_key_look(), whose errors it gives, for the public key `given` or NULL), append the
 * `ending` line, sync, and tell the token. When the log has such a line already that the token knows, and none after it of the
 * end, an end was interrupted: that is told, no second line is made, and out says what was there then or is there now.
 * EVP_PKEY_free() out->public_key, on failure too. */
ERR_MUST_USE enum err end_intent(struct state *s, struct hsm *h, const struct policy_key *row, EVP_PKEY *given,
                                 struct hsm_destroyed *out, struct diag *d);

#endif
