/* digest.h - SHA-256 and SM3 through OpenSSL, and their hexadecimal form. */
#ifndef ROOTSEAL_CORE_DIGEST_H
#define ROOTSEAL_CORE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define DIGEST_LEN 32
#define DIGEST_HEX (2 * DIGEST_LEN + 1)

enum digest_alg { DIGEST_SHA256, DIGEST_SM3 };

/* "sha256" or "sm3": the name in the log and for `openssl dgst`. */
const char *digest_name(enum digest_alg alg);

/* The algorithm with this name; false when there is none. */
bool digest_by_name(const char *name, enum digest_alg *alg);

/* One-shot digest of n bytes (GB/T 32905 for SM3, FIPS 180-4 for SHA-256). E_CRYPTO when OpenSSL
 * fails. */
ERR_MUST_USE enum err digest_bytes(enum digest_alg alg, const void *p, size_t n,
                                   uint8_t out[DIGEST_LEN]);

/* An incremental digest. Opaque; free with digest_free(), which takes NULL too. E_NO_MEMORY, or
 * E_CRYPTO when OpenSSL fails. */
struct digest;
ERR_MUST_USE enum err digest_new(enum digest_alg alg, struct digest **out);
ERR_MUST_USE enum err digest_update(struct digest *d, const void *p, size_t n);
/* Write the digest of everything so far and start afresh. */
ERR_MUST_USE enum err digest_final(struct digest *d, uint8_t out[DIGEST_LEN]);
void digest_free(struct digest *d);

/* Lower-case hexadecimal with a final NUL: out has 2*n+1 bytes. */
void hex_encode(const uint8_t *p, size_t n, char *out);

/* Decode exactly 2*n lower- or upper-case digits that end the string; false for anything else,
 * and then out is all zero. */
bool hex_decode(const char *s, uint8_t *out, size_t n);

#endif
