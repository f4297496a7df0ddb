/* merkle.h - the Merkle tree over the log's lines, kept incrementally (RFC 9162 2.1, SHA-256). */
#ifndef ROOTSEAL_LOG_MERKLE_H
#define ROOTSEAL_LOG_MERKLE_H

#include "core/buf.h"
#include "core/digest.h"

/* The roots of the full subtrees, largest first. Zero-initialise for the empty tree. A plain value: may be copied. */
struct merkle {
    uint64_t size;
    uint8_t peaks[64][DIGEST_LEN];
};

/* Append one leaf: hash = SHA-256(0x00 || bytes). */
ERR_MUST_USE enum err merkle_append(struct merkle *m, struct span leaf);

/* The root of the tree: SHA-256("") when it is empty. */
ERR_MUST_USE enum err merkle_root(const struct merkle *m, uint8_t out[DIGEST_LEN]);

/* The peaks as bytes (8 bytes size, big-endian, then popcount(size) digests) and back; false when they do not fit. */
ERR_MUST_USE enum err merkle_save(const struct merkle *m, struct buf *out);
_Bool merkle_load(struct merkle *m, struct span bytes);

#endif
