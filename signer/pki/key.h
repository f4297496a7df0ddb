/* key.h - public keys of subjects: read strictly, refused when weak. */
#ifndef ROOTSEAL_PKI_KEY_H
#define ROOTSEAL_PKI_KEY_H

#include <openssl/evp.h>

#include "core/buf.h"
#include "core/diag.h"
#include "core/digest.h"
#include "pki/alg.h"

struct key {
    EVP_PKEY *pkey;             /* public part */
    enum key_kind kind;
    int bits;                   /* of the modulus or the field */
    struct buf spki;            /* DER SubjectPublicKeyInfo in the standard form (RFC 5280 4.1.2.7, RFC 5480) */
    uint8_t digest[DIGEST_LEN]; /* SHA-256 of spki: the key's name in index and log */
    uint8_t ski[20];            /* SHA-1 of the BIT STRING's content (RFC 5280 4.2.1.2, method 1) */
};

/* Read a DER SubjectPublicKeyInfo, every byte of it. Accepted: rsaEncryption with NULL parameters; id-ecPublicKey with
 * the named curve SM2, P-256 or P-384 and an uncompressed point; and the older SM2 form whose algorithm is the curve
 * OID itself (normalised in spki). E_KEY_TYPE for any other kind, E_KEY_POINT for a point off its curve or at
 * infinity, E_KEY_SIZE for RSA beyond 8192 bits (which bounds the work a stranger can ask for), E_CSR_FORMAT for bytes
 * that are not a SubjectPublicKeyInfo in DER. Free with key_free(). */
ERR_MUST_USE enum err key_from_spki(struct span der, struct key *out, struct diag *d);

/* The same from a key OpenSSL already holds (a certificate's). */
ERR_MUST_USE enum err key_from_pkey(EVP_PKEY *pkey, struct key *out, struct diag *d);

/* Refuse what anybody could factor or forge: RSA with an exponent other than 65537 (E_KEY_EXPONENT), a prime factor
 * below 2^16 (E_KEY_FACTOR), close primes found by 100 steps of Fermat's method (E_KEY_FERMAT), the ROCA fingerprint
 * (E_KEY_ROCA), a modulus with an odd size or below 2048 bits (E_KEY_SIZE); curve keys were checked when read.
 * BIGNUM arithmetic is OpenSSL's. An odd size is one that is not whole bytes. Keys from broken generators that show no
 * such trait (Debian's of 2008, primes shared between keys) need a list and pass. */
ERR_MUST_USE enum err key_check_strength(const struct key *k, struct diag *d);

void key_free(struct key *k);

#endif
