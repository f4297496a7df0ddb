/* intake.h - one copy of the batch from the medium; nothing looks at the medium again. */
#ifndef ROOTSEAL_BATCH_INTAKE_H
#define ROOTSEAL_BATCH_INTAKE_H

#include "core/diag.h"
#include "core/digest.h"
#include "policy/policy.h"

/* Officers' signatures lie in the same folder of the archive under names that begin so; none may come from a medium. */
#define AUTHORISATION_PREFIX "authorise-"

struct intake {
    uint8_t digest[DIGEST_LEN]; /* SHA-256 over the sorted lines "<name> <SHA-256 of the file>\n": names all that came */
    uint8_t batch[DIGEST_LEN];  /* the digest of batch.jsonl, see log/merkle_lines.h */
    char dir[DIGEST_HEX];       /* digest in hexadecimal: the folder below archive/ */
};

/* Is a file of this name in a batch folder an RA person's approval? */
bool intake_is_approval(const char *name);

/* Copy batch.jsonl and the *.p7s beside it from the folder `from` into archive/<digest>/ below archive_fd, each file
 * synced, the folder renamed into place; coming again with the same files changes nothing. Nothing is followed out of
 * the folder: a symbolic link, a FIFO, a folder, a name out of form or any other file is E_MEDIUM_FILE, too much of
 * anything E_MEDIUM_LIMIT, a file that changes while it is read E_MEDIUM_CHANGED, no batch.jsonl E_MEDIUM, a
 * batch in the appliance's own name (header.h) E_RA. */
ERR_MUST_USE enum err intake_copy(const char *from, int archive_fd, const struct policy_limits *limits,
                                  struct intake *out, struct diag *d);

/* The same for a batch that the appliance makes itself: a folder with this batch.jsonl and nothing else. */
ERR_MUST_USE enum err intake_put(int archive_fd, struct span batch, struct intake *out, struct diag *d);

/* The intake digest of a folder already in the archive, from its files. E_ARCHIVE when one is larger than it can have come. */
ERR_MUST_USE enum err intake_digest(int dir_fd, struct intake *out, struct diag *d);

#endif
