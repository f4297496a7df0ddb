/* alg.h - kinds of keys and signature algorithms, with their exact DER AlgorithmIdentifiers. */
#ifndef ROOTSEAL_PKI_ALG_H
#define ROOTSEAL_PKI_ALG_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "core/buf.h"
#include "core/diag.h"

/* The distinguishing ID under which every SM2 signature here is made and checked (GM/T 0009). */
#define SM2_ID "1234567812345678"

enum key_kind { KEY_SM2, KEY_P256, KEY_P384, KEY_RSA };

enum sig_alg {
    SIG_SM2_SM3,      /* GM/T 0009, e = SM3(Z || message), signature is the DER SEQUENCE { r, s } */
    SIG_RSA_SHA256,   /* RSASSA-PKCS1-v1_5 (RFC 8017 8.2) */
    SIG_RSA_SHA384,
    SIG_PSS_SHA256,   /* RSASSA-PSS, MGF1 with the same hash, salt as long as the hash (RFC 4055) */
    SIG_PSS_SHA384,
    SIG_ECDSA_SHA256, /* only in requests: P-256 */
    SIG_ECDSA_SHA384, /* only in requests: P-384 */
    SIG_ALG_COUNT
};

/* "sm2", "p256", "p384", "rsa": as the policy writes them. */
const char *alg_key_name(enum key_kind kind);
bool alg_key_by_name(const char *name, enum key_kind *kind);

/* "sm2-sm3", "rsa-sha256", "rsa-sha384", "rsa-pss-sha256", "rsa-pss-sha384", "ecdsa-sha256", "ecdsa-sha384". */
const char *alg_sig_name(enum sig_alg alg);
bool alg_sig_by_name(const char *name, enum sig_alg *alg);

/* The kind of key that makes this signature; KEY_P256 and KEY_P384 for the two ECDSA ones. */
enum key_kind alg_sig_key(enum sig_alg alg);

/* The hash under it, as OpenSSL names it: "SM3", "SHA256", "SHA384". */
const char *alg_sig_md(enum sig_alg alg);

/* The DER AlgorithmIdentifier. sm2_null chooses between NULL parameters and none for SM2 (FACTS: production
 * certificates carry NULL, the standard's text has none); it is ignored for the others. Constant bytes. */
struct span alg_identifier(enum sig_alg alg, bool sm2_null);

/* The algorithm whose DER AlgorithmIdentifier is exactly these bytes (for SM2 with NULL or absent parameters).
 * E_CSR_ALGORITHM when there is none. */
ERR_MUST_USE enum err alg_from_identifier(struct span der, enum sig_alg *alg);

/* Verify a signature (DER for SM2 and ECDSA) over the message with the public key: SM2 under SM2_ID, and through
 * OpenSSL's own Z and digest, so that it does not rest on sm2_digest(). E_SIGNATURE_BAD when it does not verify or the
 * key is of another kind, E_CRYPTO on trouble. Safe to call from several threads. */
ERR_MUST_USE enum err alg_verify(enum sig_alg alg, EVP_PKEY *key, struct span message, struct span signature);

/* The same for a message too long to hold: begin, update with each piece in turn, end with the signature. The errors are
 * alg_verify()'s. alg_verify_free() takes NULL too. */
struct alg_verifier;
ERR_MUST_USE enum err alg_verify_begin(enum sig_alg alg, EVP_PKEY *key, struct alg_verifier **out);
ERR_MUST_USE enum err alg_verify_update(struct alg_verifier *v, const void *p, size_t n);
ERR_MUST_USE enum err alg_verify_end(struct alg_verifier *v, struct span signature);
void alg_verify_free(struct alg_verifier *v);

/* The same for the digest that the signature was made over; for SM2 e = SM3(Z || message), in which the ID is already.
 * See pki/prehash.h. A digest of another length is E_SIGNATURE_BAD. */
ERR_MUST_USE enum err alg_verify_digest(enum sig_alg alg, EVP_PKEY *key, struct span digest, struct span signature);

/* Sign with a private key held in memory (persons' key files; never an authority's key). Appends to out.
 * E_PRIVATE_KEY when the key is of another kind. */
ERR_MUST_USE enum err alg_sign(enum sig_alg alg, EVP_PKEY *key, struct span message, struct buf *out);

#endif
