/* destroy.h - the end of a key: its objects are destroyed, and it is proven that it signs no more. */
#ifndef ROOTSEAL_HSM_DESTROY_H
#define ROOTSEAL_HSM_DESTROY_H

#include "hsm/hsm.h"

/* What there was to destroy. Zero-initialise; EVP_PKEY_free() the key. */
struct hsm_destroyed {
    bool private_, public_; /* there was such an object */
    EVP_PKEY *public_key;   /* as the token showed it, or as it was given; may be NULL */
};

/* What there is to destroy, with the label of the row's URI (and its id, when it has one). With a public key given, the
 * objects must be of that key: E_KEY_MISMATCH. Nothing is changed. Errors as of hsm_key_destroy(). */
ERR_MUST_USE enum err hsm_key_look(struct hsm *h, const struct policy_key *row, EVP_PKEY *given, struct hsm_destroyed *out,
                                   struct diag *d);

/* Destroy all key objects with the label of the row's URI (and its id, when it has one), private ones first. With a
 * public key given, the objects must be of that key: E_KEY_MISMATCH, and nothing is destroyed. That none is left is no
 * error: the same call completes what was cut off.
 *
 * Then the proof, or E_KEY_ALIVE, with what was found: in a fresh session no object has the label; each private key's
 * handle is of no use any more, in the old session and a fresh one, to sign a digest by the row's mechanism
 * (CKR_KEY_HANDLE_INVALID or CKR_OBJECT_HANDLE_INVALID; any other answer is E_TOKEN); and no other private key on the
 * token is the same key under another label, as far as the token shows public keys (a key that was copied outside of
 * the token, or its backup, nobody can find from here). What hsm_key_find() gave of this key may not be used again.
 *
 * E_TOKEN_MISSING when the URI names another token, E_URI, E_POLICY, E_TOKEN. On error out says what was found as
 * well. */
ERR_MUST_USE enum err hsm_key_destroy(struct hsm *h, const struct policy_key *row, EVP_PKEY *given,
                                      struct hsm_destroyed *out, struct diag *d);

#endif
