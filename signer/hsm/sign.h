/* sign.h - the one way in: bytes and a key go in, a signature that verifies comes out. */
#ifndef ROOTSEAL_HSM_SIGN_H
#define ROOTSEAL_HSM_SIGN_H

#include "hsm/hsm.h"
#include "pki/prehash.h"

/* Sign the message with the key by the algorithm of its policy row, normalise the answer (SM2:
 * DER), and verify it in software against the pinned public key. Appends the signature to out.
 * E_TOKEN when the token fails, E_SIGNATURE_BAD when what it answers does not verify; out is
 * unchanged then.
 *
 * SM2: e is computed here and signed by the vendor's mechanism. RSA: the digest is computed here;
 * the token gets it as a DigestInfo by CKM_RSA_PKCS for PKCS#1 v1.5 (RFC 8017 9.2), as it is by
 * CKM_RSA_PKCS_PSS for PSS (9.1.1, salt as long as the hash).
 *
 * This single form is for the odd signature (seal, bundle, self-test); it uses the token's own
 * session, so one thread may be in it at a time. A batch goes through hsm/pool.h, also at the same
 * time. */
ERR_MUST_USE enum err hsm_sign(struct hsm_key *k, struct span message, struct buf *out,
                               struct diag *d);

/* The same over the digest of a message that was hashed while it went by, for the algorithm of the key's row (E_LINT
 * otherwise), verified against that digest. Whoever has the message as a file verifies that, too: the digest may be of
 * something else. */
ERR_MUST_USE enum err hsm_sign_digest(struct hsm_key *k, const struct prehash_value *digest, struct buf *out,
                                      struct diag *d);

/* Sign the fixed text "rootseal self-test" and verify: shows that mechanism, identity and form of
 * the vendor's answer are as the table says. E_SELF_TEST with the cause in the diag. */
ERR_MUST_USE enum err hsm_self_test(struct hsm_key *k, struct diag *d);

#endif
