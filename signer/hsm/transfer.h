/* transfer.h - a key is taken to a second token, without ever being outside of the two.
 *
 * Only a key that the policy calls transferable was made so that it can (CKA_EXTRACTABLE), and only until it is closed
 * here. It travels wrapped: the second token makes an RSA pair for the way, the first one an AES key, which goes under
 * RSA, and the signing key goes under AES (CKM_RSA_PKCS_OAEP, CKM_AES_KEY_WRAP_PAD). All three live as session objects
 * and end with the session. What is between the tokens is no secret without one of them. But as long as the key is
 * open, whoever has the PIN and the machine could wrap it for himself: so it is closed in the sitting in which it was
 * made. /
 */
#ifndef ROOTSEAL_HSM_TRANSFER_H
#define ROOTSEAL_HSM_TRANSFER_H

#include "hsm/hsm.h"

/* Copy the row's key from h to the second token, both logged in, unless it is there already, and prove that both have
 * the same key: each signs `challenge`, which nobody could have had signed before, and both signatures verify with the public
 * key `pinned`; they are appended to here and there. On the second token the key is sensitive and not extractable. E_KEY_STAYS when the key
 * can not leave (now, or ever), or the tokens have no way to carry it, as one of them answers (CKR_KEY_UNEXTRACTABLE,
 * CKR_KEY_NOT_WRAPPABLE, CKR_MECHANISM_INVALID, CKR_FUNCTION_NOT_SUPPORTED and their like); E_TOKEN for every other answer: a
 * token that failed or was pulled says nothing of the key. E_KEY_MISMATCH when another key has the label there; E_SELF_TEST. */
ERR_MUST_USE enum err hsm_key_transfer(struct hsm *h, struct hsm *second, const struct policy_key *row, EVP_PKEY *pinned,
                                       struct span challenge, struct buf *here, struct buf *there, struct diag *d);

/* Close the key: it can leave this token no more (CKA_EXTRACTABLE false, which no token takes back), and that is tried:
 * E_KEY_ATTRIBUTES when it still can; E_TOKEN when the token fails at it, which proves nothing. Closed already is E_OK. */
ERR_MUST_USE enum err hsm_key_confine(struct hsm *h, const struct policy_key *row, EVP_PKEY *pinned, struct diag *d);

#endif
