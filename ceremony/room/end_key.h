/* end_key.h - keys come to their end: destroyed in the token, which is proven, and told in the log. */
#ifndef ROOTSEAL_ROOM_END_KEY_H
#define ROOTSEAL_ROOM_END_KEY_H

#include "batch/state.h"
#include "hsm/hsm.h"

/* May this key of the log be destroyed? E_KEY_MISSING when the log has none of that name; E_KEY_NEEDED for the log key
 * while another is there, since it seals the line that tells of the end; E_UNFINISHED while a batch is under way. What
 * will be destroyed is printed, with digest and words of the public key (digest), and whether there is a certificate. */
ERR_MUST_USE enum err end_key_prepare(struct state *s, const struct policy_key *row, uint8_t digest[DIGEST_LEN],
                                      struct diag *d);

/* Put the intent into the log (end_intent.h), destroy the key and prove that it signs no more (hsm/destroy.h), append the line, seal the log with the log key
 * unless that is the one, and tell the token. An interruption is completed by the same call, which adds no second
 * line. */
ERR_MUST_USE enum err end_key(struct state *s, struct hsm *h, const struct policy_key *row, struct diag *d);

/* The same for what has the label of a key that the log does not know: intent, proof, and the line, synced. E_KEY_NEEDED when it is
 * one of the log's keys under another name. */
ERR_MUST_USE enum err end_remains(struct state *s, struct hsm *h, const struct policy_key *row, struct diag *d);

#endif
