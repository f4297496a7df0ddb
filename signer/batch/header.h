/* header.h - the first line of batch.jsonl: which batch this is. */
#ifndef ROOTSEAL_BATCH_HEADER_H
#define ROOTSEAL_BATCH_HEADER_H

#include "core/diag.h"
#include "core/digest.h"
#include "core/json.h"
#include "core/limits.h"
#include "policy/policy.h"

#define BATCH_FILE "batch.jsonl"
#define BATCH_FORMAT "rootseal-batch-1"
#define HEADER_OWN_RA "appliance" /* in batches that the appliance makes itself, for lists and OCSP responses */

struct batch_header {
    char authority[LIMIT_TOKEN_TEXT + 1];
    char ra[LIMIT_TOKEN_TEXT + 1];
    char id[LIMIT_TOKEN_TEXT + 1];       /* unique for the RA */
    int64_t sequence;                    /* grows by one with each batch of the RA, from 1 */
    int64_t created, valid_until;        /* seconds since 1970 */
    int64_t count;                       /* requests that follow */
    bool has_policy, has_previous;
    uint8_t policy[DIGEST_LEN];          /* the policy the RA had in hand */
    uint8_t previous[DIGEST_LEN];        /* SHA-256 of the RA's last bundle.json */
};

/* Did the appliance make it? Nobody approves such a batch, and it can ask for lists
 * and OCSP responses only (batch/decide.h). */
bool header_is_own(const struct batch_header *h);

/* Read the line (rootseal-formats(5)). Errors of json.h, E_FIELD_VALUE for a value out of form. */
ERR_MUST_USE enum err header_parse(struct span line, struct batch_header *out, struct diag *d);

/* Read it from the batch.jsonl in this folder. E_ARCHIVE when it is not there. */
ERR_MUST_USE enum err header_read(int dir_fd, struct batch_header *out, struct diag *d);

/* Append the line in canonical form, without its newline. */
ERR_MUST_USE enum err header_write(const struct batch_header *h, struct buf *out);

/* Check the header against the policy at time now, as far as it can be done without the history: E_NO_PERSONS
 * (no officers, or a batch that persons approve and none of them), E_AUTHORITY, E_RA, E_POLICY_OTHER, E_BATCH_FUTURE, E_BATCH_EXPIRED, E_BATCH_COUNT. *authority is the policy row. */
ERR_MUST_USE enum err header_check(const struct batch_header *h, const struct policy *p, int64_t now,
                                   const struct policy_authority **authority, struct diag *d);

#endif
