/* checkpoint.h - the head of a published log (C2SP tlog-checkpoint): a note whose text is three lines, the origin, the number of
 * leaves, and the Merkle root in base64 (RFC 9162 2.1). The origin is the name of the key. */
#ifndef ROOTSEAL_AUDIT_CHECKPOINT_H
#define ROOTSEAL_AUDIT_CHECKPOINT_H

#include "audit/note.h"
#include "core/digest.h"

#define CHECKPOINT_FILE "checkpoint"

struct checkpoint {
    uint64_t size;
    uint8_t root[DIGEST_LEN];
};

/* Append the text, and the signed note. E_CRYPTO. */
ERR_MUST_USE enum err checkpoint_text(const char *origin, const struct checkpoint *c, struct buf *out);
ERR_MUST_USE enum err checkpoint_write(const struct note_key *k, const struct checkpoint *c, struct buf *out);

/* The checkpoint in a note that this key signed, with exactly the text that is written for it. E_CHECKPOINT. */
ERR_MUST_USE enum err checkpoint_read(const struct note_key *k, struct span note, struct checkpoint *out, struct diag *d);

#endif
