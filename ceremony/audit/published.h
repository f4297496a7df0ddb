/* published.h - a published log as somebody else finds it (publish.h): the tree is worked out again from the lines in its tiles. */
#ifndef ROOTSEAL_AUDIT_PUBLISHED_H
#define ROOTSEAL_AUDIT_PUBLISHED_H

#include "audit/checkpoint.h"
#include "core/progress.h"
#include "policy/policy.h"

struct published_options {
    const char *from;            /* the folder that is served, or a copy */
    const char *state;           /* the log that it must be, in this state; or NULL */
    const char *anchors;         /* with the certificate of the log key, whose signature the seal must have; or NULL */
    const struct policy *policy;
    const struct note_key *key;  /* that signed the checkpoint */
    const struct progress *progress;
};

/* The checkpoint is signed by the key; for as many lines as it says there are tiles of entries, and every other tile is what these
 * lines give; their root is that of the checkpoint, and of the seal, and the log has the same lines. *out is the checkpoint, *files how
 * many files were compared. E_CHECKPOINT; E_LOG_PUBLISHED for a file that is missing or is something else, and for another root;
 * E_LOG_SEAL, E_LOG_ROLLED_BACK when the log has fewer lines; and the codes of log_reader_next(). */
ERR_MUST_USE enum err published_check(const struct published_options *o, struct checkpoint *out, uint64_t *files, struct diag *d);

#endif
