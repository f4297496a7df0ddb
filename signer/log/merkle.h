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

/* The hash of a leaf, SHA-256(0x00 || bytes), and of the node above two hashes, SHA-256(0x01 || left || right); `dg` is a fresh
 * SHA-256, and is so again. `out` may be `left` or `right`. */
ERR_MUST_USE enum err merkle_leaf(struct digest *dg, struct span leaf, uint8_t out[DIGEST_LEN]);
ERR_MUST_USE enum err merkle_node(struct digest *dg, const uint8_t left[DIGEST_LEN], const uint8_t right[DIGEST_LEN],
                                  uint8_t out[DIGEST_LEN]);

/* The first byte of what is hashed of a leaf. */
#define MERKLE_LEAF 0x00

/* Append one leaf, or the hash of one. */
ERR_MUST_USE enum err merkle_append(struct merkle *m, struct span leaf);
ERR_MUST_USE enum err merkle_append_hash(struct merkle *m, const uint8_t leaf[DIGEST_LEN]);

/* The root of the tree: SHA-256("") when it is empty. */
ERR_MUST_USE enum err merkle_root(const struct merkle *m, uint8_t out[DIGEST_LEN]);

/* The peaks as bytes (8 bytes size, big-endian, then popcount(size) digests) and back; false when they do not fit. */
ERR_MUST_USE enum err merkle_save(const struct merkle *m, struct buf *out);
_Bool merkle_load(struct merkle *m, struct span bytes);

#endif
