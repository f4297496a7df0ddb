/* own_key.h - the one way to a key of ours: found on the token, checked against the log, tested, and the test logged. */
#ifndef ROOTSEAL_BATCH_OWN_KEY_H
#define ROOTSEAL_BATCH_OWN_KEY_H

#include "batch/state.h"
#include "hsm/hsm.h"

/* Find the policy's key of this name on the token, checked against the public key of its keygen line, run its self-test,
 * and append the self-test line (synced with what comes next). E_KEY_MISSING when policy or log have no such key; E_KEY_DESTROYED when
 * the log tells of its end; errors
 * of hsm_key_find() and hsm_self_test(). The key belongs to h. */
ERR_MUST_USE enum err own_key_open(struct state *s, struct hsm *h, const char *name, struct hsm_key **out,
                                   struct diag *d);

/* The same for nothing but to see that the key is there and signs: also of a transferable one that is not closed yet. */
ERR_MUST_USE enum err own_key_test(struct state *s, struct hsm *h, const char *name, struct diag *d);

#endif
