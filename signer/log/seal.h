/* seal.h - the HSM's signature over where the log stands.
 *
 * What is signed is this text, each line ended by a newline, digests in lower-case hexadecimal:
 *
 *     rootseal-seal-1
 *     log <digest of the genesis line>
 *     size <number of lines sealed>
 *     head <digest of the last of them>
 *     root <RFC 9162 Merkle root over them, SHA-256>
 *
 * The seal line in the log is the line after them (its prev is the head). As a file it is seal.json, one object:
 * {"format":"rootseal-seal-1","log":...,"hash":...,"size":N,"head":...,"root":...,"key":<name>,"signature":<base64>}.
 */
#ifndef ROOTSEAL_LOG_SEAL_H
#define ROOTSEAL_LOG_SEAL_H

#include "log/log.h"
#include "pki/alg.h"

struct seal {
    uint8_t log[DIGEST_LEN];
    enum digest_alg hash;
    uint64_t size;
    uint8_t head[DIGEST_LEN];
    uint8_t root[DIGEST_LEN];
    char key[65];
    struct buf signature;
};

/* The unsigned seal of a position. */
ERR_MUST_USE enum err seal_of(const struct log_position *at, const char *key, struct seal *out);

/* Append the text that is signed. */
ERR_MUST_USE enum err seal_text(const struct seal *s, struct buf *out);

/* The fields of the log's seal line, and the seal back from such a line (position = where the log stood before it). */
json_t *seal_fields(const struct seal *s);
ERR_MUST_USE enum err seal_from_record(const struct record *r, const struct log_position *before, struct seal *out,
                                       struct diag *d);

/* seal.json, to and fro. E_BUNDLE_FORMAT when it is not exactly one. */
ERR_MUST_USE enum err seal_write(const struct seal *s, struct buf *out);
ERR_MUST_USE enum err seal_parse(struct span bytes, struct seal *out, struct diag *d);

/* Verify the signature with the log key. E_LOG_SEAL when it does not verify. */
ERR_MUST_USE enum err seal_verify(const struct seal *s, enum sig_alg alg, EVP_PKEY *key, struct diag *d);

/* Compare with a position the log stands at: size, head, root and log must be the same. E_LOG_SEAL otherwise. */
ERR_MUST_USE enum err seal_check_position(const struct seal *s, const struct log_position *at, struct diag *d);

void seal_free(struct seal *s);

#endif
