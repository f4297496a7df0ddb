/* prehash.h - the digest under a signature, of a message too long to hold: hashed piece by piece while it is written. */
#ifndef ROOTSEAL_PKI_PREHASH_H
#define ROOTSEAL_PKI_PREHASH_H

#include <openssl/evp.h>

#include "pki/alg.h"

#define PREHASH_MAX 48 /* bytes of SHA-384 */

/* What a key signs. For SM2 e = SM3(Z || message) (GM/T 0003.2 6.1), for the others the hash of the message. */
struct prehash_value {
    enum sig_alg alg;
    uint8_t bytes[PREHASH_MAX];
    size_t n;
};

/* Begin. key is the signer's public one, whose Z goes in first for SM2 (E_KEY_TYPE when it is none); the other
 * algorithms do not look at it. E_NO_MEMORY, E_CRYPTO. prehash_free() takes NULL too. */
struct prehash;
ERR_MUST_USE enum err prehash_new(enum sig_alg alg, const EVP_PKEY *key, struct prehash **out);
ERR_MUST_USE enum err prehash_update(struct prehash *p, const void *bytes, size_t n);

/* The digest of everything so far; nothing more may follow. */
ERR_MUST_USE enum err prehash_final(struct prehash *p, struct prehash_value *out);
void prehash_free(struct prehash *p);

#endif
