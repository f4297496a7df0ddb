/* publish.h - the log for everybody: its Merkle tree in tiles, with a signed checkpoint (C2SP tlog-tiles), as files that any web server
 * or object store can hand out.
 *
 * Published is what the newest seal in the log is over, and the seal with it. Before anything is written or signed the whole log was
 * read, and compared with all that was published before: the checkpoint and every tile and seal in the folder, and the record. So whoever
 * can write to the folder cannot have a fork signed by putting an older checkpoint there.
 *
 * The record, a copy of the checkpoint, is written before the first file, and the checkpoint after the last: so what it promises is
 * always there, and a run that was interrupted is known as one.
 */
#ifndef ROOTSEAL_AUDIT_PUBLISH_H
#define ROOTSEAL_AUDIT_PUBLISH_H

#include "audit/checkpoint.h"
#include "core/progress.h"
#include "policy/policy.h"

struct publish_options {
    const char *state, *anchors, *to; /* folders */
    const char *record;               /* file with the checkpoint that was signed last, outside of what is served */
    enum err (*verify)(struct diag *d); /* called when the log fits what was published, before anything is written: what it says ends it */
    const struct policy *policy;
    const struct note_key *key;
    const struct progress *progress;
};

struct published {
    struct checkpoint before, now; /* of size 0 when there was none */
    uint64_t added, present;       /* files written, and files that were there and are the same */
};

/* E_LOG_PUBLISHED: the log differs from what lies there; E_LOG_ROLLED_BACK: less of it is under a seal; E_LOG_SEAL: no seal, or none
 * that verifies with the policy's log key, whose certificate is in the folder of anchors; E_CHECKPOINT: the checkpoint that lies there, or
 * the record, is by another key, or neither is there beside tiles; and the codes of verify(), log_reader_next() and shelf_keep(). */
ERR_MUST_USE enum err publish_log(const struct publish_options *o, struct published *out, struct diag *d);

#endif
