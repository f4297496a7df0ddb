/* sm2.h - the digest that an SM2 signature is made over, and the two forms of its result. */
#ifndef ROOTSEAL_PKI_SM2_H
#define ROOTSEAL_PKI_SM2_H

#include <openssl/evp.h>

#include "core/buf.h"
#include "core/digest.h"

/* Z of the signer: SM3(ENTL || ID || a || b || xG || yG || xA || yA) with SM2_ID (GM/T 0003.2 5.5). key is an SM2
 * public key; E_KEY_TYPE otherwise. */
ERR_MUST_USE enum err sm2_z(const EVP_PKEY *key, uint8_t z[DIGEST_LEN]);

/* e = SM3(Z || message): the 32 bytes a token signs (GM/T 0003.2 6.1, A1 and A2). */
ERR_MUST_USE enum err sm2_digest(const uint8_t z[DIGEST_LEN], struct span message, uint8_t e[DIGEST_LEN]);

/* Bring a token's answer into DER SEQUENCE { INTEGER r, INTEGER s }: 64 bytes are r || s, anything else must be that
 * very DER (minimal, positive, every byte consumed, r and s at most 32 bytes). Appends to out; E_SIGNATURE_BAD when it
 * is neither. */
ERR_MUST_USE enum err sm2_signature_normalise(struct span answer, struct buf *out);

#endif
