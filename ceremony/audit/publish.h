/* publish.h - the log for everybody: its Merkle tree in tiles, with a signed checkpoint (C2SP tlog-tiles), as files that any web server
 * or object store can hand out.
 *
 * Published is what the newest seal in the log is over, and the seal with it. Before the first file is written the whole log was read;
 * it must continue what was published before. The checkpoint comes last, so that what it promises is always there.
 */
#ifndef ROOTSEAL_AUDIT_PUBLISH_H
#define ROOTSEAL_AUDIT_PUBLISH_H

#include "audit/checkpoint.h"
#include "core/progress.h"
#include "policy/policy.h"

/* The seal over N lines is seal/N.json, as in bundles. */
#define PUBLISH_SEAL "seal/%llu.json"

struct publish_options {
    const char *state, *anchors, *to; /* folders */
    const struct policy *policy;
    const struct note_key *key;
    const struct progress *progress;
};

struct published {
    struct checkpoint before, now; /* of size 0 when there was none */
    uint64_t added, present;       /* files written, and files that were there and are the same */
};

/* E_LOG_PUBLISHED: the log differs from what lies there; E_LOG_ROLLED_BACK: less of it is under a seal; E_LOG_SEAL: no seal, or none
 * that verifies with the policy's log key, whose certificate is in the folder of anchors; E_CHECKPOINT: the checkpoint that lies there is
 * by another key; and the codes of log_reader_next() and shelf_keep(). */
ERR_MUST_USE enum err publish_log(const struct publish_options *o, struct published *out, struct diag *d);

#endif
