/* make_key.h - keys are made inside the token, with their evidence in the log. */
#ifndef ROOTSEAL_ROOM_MAKE_KEY_H
#define ROOTSEAL_ROOM_MAKE_KEY_H

#include "batch/state.h"
#include "hsm/hsm.h"

/* What to do about a label that is in use on the token while the log knows no key of it: what an attempt that was cut
 * off has left, or what somebody else has put there. */
enum make_way {
    MAKE_STOP,  /* tell what is there, and stop with E_KEY_EXISTS */
    MAKE_ADOPT, /* take it, if the token itself says that it was made there and can never have left: E_KEY_ATTRIBUTES */
    MAKE_RENEW, /* destroy it, say so in the log, and make the key anew; E_KEY_NEEDED when it is a key of the log's under
                   another name */
};

/* Make each of these keys of the policy (none: all) that the log does not know: first a line that tells of token and
 * module, then for each key, when its self-test went well, a line with its public key and its attributes, synced
 * before anything else is done. Keys that are there are told, and those that were destroyed are not made again.
 * E_USAGE when the policy has no such key; errors of hsm_key_generate(). The token must be told of the log afterwards. */
ERR_MUST_USE enum err make_keys(struct state *s, struct hsm *h, const char *const *keys, size_t keys_n, enum make_way way,
                                struct diag *d);

/* A line that says what the token and its module say of themselves, and whether it replaces one that could not say any more
 * where the log stood; not synced. */
ERR_MUST_USE enum err make_key_tell_token(struct state *s, struct hsm *h, bool replaces, struct diag *d);

#endif
