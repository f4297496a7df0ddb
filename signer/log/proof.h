/* proof.h - proofs about the log's Merkle tree, of as many hashes as the number of its lines has digits in base two: that a line
 * is in the tree of a seal, and that the tree of a later seal continues that of an earlier one (RFC 9162 2.1.3, 2.1.4).
 *
 * A proof is made in one pass over the lines, in the memory of one tree. Lines count from 0 here, as leaves do in the RFC; the
 * log's `seq` counts from 1.
 */
#ifndef ROOTSEAL_LOG_PROOF_H
#define ROOTSEAL_LOG_PROOF_H

#include "log/merkle.h"

#define PROOF_MAX 65 /* hashes that suffice for any number of lines */

struct proof {
    size_t n;
    uint8_t hash[PROOF_MAX][DIGEST_LEN]; /* in the order of the RFC */
};

/* A proof that is being made. A plain value. */
struct proof_maker {
    struct proof proof;
    struct proof_run {
        uint64_t begin, end; /* the root of these leaves is the hash in the same place of the proof */
    } run[PROOF_MAX];
    uint64_t at;        /* leaves taken */
    struct merkle tree; /* over those of the run that `at` stands in */
};

/* Begin the proof that leaf `index` is in the tree of `size` leaves: index < size. */
void proof_of_leaf(struct proof_maker *m, uint64_t index, uint64_t size);

/* Begin the proof that the tree of `later` leaves continues that of `earlier` ones: 0 < earlier <= later. */
void proof_of_growth(struct proof_maker *m, uint64_t earlier, uint64_t later);

/* Take the next leaf, from the first one on; after the last one of the (later) tree the proof is whole. */
ERR_MUST_USE enum err proof_take(struct proof_maker *m, struct span leaf);

/* The proof leads from this leaf to the root. E_LOG_PROOF when it does not, E_CRYPTO. */
ERR_MUST_USE enum err proof_check_leaf(const struct proof *p, struct span leaf, uint64_t index, uint64_t size,
                                       const uint8_t root[DIGEST_LEN]);

/* The proof leads from the earlier root to the later one. E_LOG_PROOF when it does not, E_CRYPTO. */
ERR_MUST_USE enum err proof_check_growth(const struct proof *p, uint64_t earlier, const uint8_t earlier_root[DIGEST_LEN],
                                         uint64_t later, const uint8_t later_root[DIGEST_LEN]);

#endif
