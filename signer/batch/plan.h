/* plan.h - the plan: one file whose digest stands for every byte that would be signed.
 *
 * JSON Lines in canonical form (rootseal-formats(5)): a header, one line a request in the batch's order, an end line
 * with the counts. The plan's name is the SHA-256 of the file.
 */
#ifndef ROOTSEAL_BATCH_PLAN_H
#define ROOTSEAL_BATCH_PLAN_H

#include <stdio.h>

#include "batch/approval.h"
#include "log/log.h"

#define PLAN_FILE "plan.jsonl"
#define PLAN_FORMAT "rootseal-plan-1"
#define PLAN_SERIAL 16 /* bytes in a serial number we make: 127 random bits */

struct plan_header {
    uint8_t batch[DIGEST_LEN];  /* SHA-256 of batch.jsonl */
    uint8_t intake[DIGEST_LEN]; /* of everything that came with it */
    char authority[LIMIT_TOKEN_TEXT + 1];
    char ra[LIMIT_TOKEN_TEXT + 1];
    char id[LIMIT_TOKEN_TEXT + 1];
    int64_t sequence;
    uint8_t policy[DIGEST_LEN];
    int64_t created, expires;
    uint64_t log_size, log_bytes; /* the log it was decided on */
    uint8_t log_head[DIGEST_LEN];
    struct {
        enum policy_role role;
        uint8_t certificate[DIGEST_LEN];
    } approvals[APPROVALS_MAX];
    size_t approvals_n;
};

/* One request's outcome. Zero-initialise; strings are copies; free with plan_item_free(). */
struct plan_item {
    int64_t n;                         /* its number in the batch, from 1 */
    char id[LIMIT_TOKEN_TEXT + 1];     /* "" when the line had none */
    bool issue;
    enum err code;                     /* E_OK when issue */
    char clause[LIMIT_CLAUSE + 1];
    char detail[DIAG_TEXT_MAX];        /* of a refusal */
    char profile[LIMIT_TOKEN_TEXT + 1];
    char key[LIMIT_TOKEN_TEXT + 1];
    uint8_t serial[PLAN_SERIAL];
    char ignored[200];
    struct buf tbs;                    /* DER TBSCertificate */
};

/* -- writing -- */

/* Append the header's, an item's, the end's line with its newline. */
ERR_MUST_USE enum err plan_write_header(const struct plan_header *h, struct buf *out);
ERR_MUST_USE enum err plan_write_item(const struct plan_item *i, struct buf *out);
ERR_MUST_USE enum err plan_write_end(int64_t issue, int64_t refuse, struct buf *out);

/* -- reading -- */

struct plan {
    struct plan_header header;
    int64_t issue, refuse;      /* counts of the end line */
    uint8_t digest[DIGEST_LEN]; /* of the file */
    struct json_lines lines;
    int64_t next;               /* number of the item that plan_next() returns next */
    bool proven;                /* the whole file was read and found good */
    uint8_t (*items)[DIGEST_LEN]; /* SHA-256 of each item's line, of that reading; NULL when that was another time */
    size_t items_cap;
    bool borrowed;              /* items belongs to the plan that this one is a second reader of */
    struct digest *hashing;     /* while that is done */
};

/* Open the plan in the folder and read it through once: canonical form, numbering, counts and end are proven
 * (E_PLAN_FORMAT), its digest taken. E_PLAN_MISSING when there is none. Then plan_next() goes through the items. End
 * with plan_close(), on failure too. */
ERR_MUST_USE enum err plan_open(int dir_fd, struct plan *out, struct diag *d);

/* Open a plan that was read through before, named by its digest: E_PLAN_DIGEST when the file is not that one. Its form is
 * not proven again, and the counts are not known. */
ERR_MUST_USE enum err plan_open_known(int dir_fd, const uint8_t digest[DIGEST_LEN], struct plan *out, struct diag *d);

/* A second reader of the plan p, which must outlive it: with its proof, and at the first item. */
ERR_MUST_USE enum err plan_open_again(int dir_fd, const struct plan *p, struct plan *out, struct diag *d);

/* The next item, freed and filled anew; *more is false after the last. Each line must be the one that plan_open() read:
 * E_PLAN_DIGEST when the file was changed meanwhile. */
ERR_MUST_USE enum err plan_next(struct plan *p, struct plan_item *item, bool *more, struct diag *d);

/* plan_next() in two steps, so that threads can share the work: the line of item number p->next into line, for one thread
 * at a time; and that line, outside any lock, taken apart into item. */
ERR_MUST_USE enum err plan_next_line(struct plan *p, struct buf *line, bool *more, struct diag *d);
ERR_MUST_USE enum err plan_take_apart(struct span line, int64_t n, struct plan_item *item, struct diag *d);

/* Go back to the first item. */
ERR_MUST_USE enum err plan_rewind(struct plan *p, struct diag *d);

void plan_item_free(struct plan_item *i);
void plan_close(struct plan *p);

#endif
