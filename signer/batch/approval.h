/* approval.h - who of the RA approved the batch.
 *
 * What a person signs (detached, in either form of cms_parse_person()) is this text, so that the signature can mean
 * nothing else, and can be verified by somebody who may see one request of the batch only:
 *
 *     rootseal-approve-1
 *     batch <digest of batch.jsonl, see log/merkle_lines.h>
 *
 * the digest in lower-case hexadecimal, each line ended by a newline.
 */
#ifndef ROOTSEAL_BATCH_APPROVAL_H
#define ROOTSEAL_BATCH_APPROVAL_H

#include "batch/header.h"

#define APPROVALS_MAX LIMIT_MEDIUM_FILES

struct approvals {
    const struct policy_person *by[APPROVALS_MAX];
    size_t n;
};

/* Append the text that is signed. */
ERR_MUST_USE enum err approval_text(const uint8_t batch[DIGEST_LEN], struct buf *out);

/* Are there as many persons of each role as the authority asks for? of[] has how many there are. E_APPROVAL_MISSING names
 * every role that lacks some, with the clause of the first. */
ERR_MUST_USE enum err approval_check_roles(const struct policy_authority *a, const int of[POLICY_ROLE_COUNT],
                                           struct diag *d);

/* Verify every *.p7s of the folder over the text for its batch.jsonl and count roles. Each must be by a pinned person of the header's
 * RA with a certificate valid at `now`, no person twice, and each role must have as many persons as the authority asks
 * for. E_APPROVAL_FORMAT, _PERSON, _RA, _EXPIRED, _SIGNATURE, _TWICE, _MISSING: one bad approval refuses the batch, for
 * nobody knows what it was meant to say. */
ERR_MUST_USE enum err approval_check(int dir_fd, const struct policy *p, const struct policy_authority *a,
                                     const struct batch_header *h, int64_t now, struct approvals *out, struct diag *d);

#endif
