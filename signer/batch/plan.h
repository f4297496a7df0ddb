/* plan.h - the plan: one file whose digest stands for every byte that would be signed.
 *
 * JSON Lines in canonical form (rootseal-formats(5)): a header, one line a request in the batch's order, an end line
 * with the counts. The plan's name is its digest, the root of the Merkle tree over the lines (log/merkle_lines.h).
 */
#ifndef ROOTSEAL_BATCH_PLAN_H
#define ROOTSEAL_BATCH_PLAN_H

#include <stdio.h>

#include "batch/approval.h"
#include "log/log.h"

#define PLAN_FILE "plan.jsonl"
#define PLAN_FORMAT "rootseal-plan-1"

struct plan_header {
    uint8_t batch[DIGEST_LEN];  /* its digest, see log/merkle_lines.h */
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

/* A list to be signed. Its bytes follow from the index as it is after all items before this one, and are built again when
 * they are signed: the digest stands for them. */
struct plan_crl {
    int64_t number;          /* CRLNumber */
    int64_t base;            /* BaseCRLNumber of a delta; 0 for a full list */
    int64_t next_update;     /* this-update is the plan's `created` */
    int64_t entries;
    int64_t bytes;           /* of the TBSCertList */
    uint8_t tbs[DIGEST_LEN]; /* SHA-256 of it */
};

/* OCSP responses to be signed, one for each certificate of the item's key that was issued and has not expired. Like a list's
 * their bytes follow from the index, and the digest stands for them. */
struct plan_ocsp {
    char responder[LIMIT_TOKEN_TEXT + 1]; /* the key that signs */
    int64_t next_update;     /* this-update is the plan's `created` */
    int64_t count;
    uint8_t tbs[DIGEST_LEN]; /* SHA-256 of every DER ResponseData, in the order of their serial numbers */
};

/* What is done about a request, by its name in the plan. */
enum plan_act {
    PLAN_REFUSE,
    PLAN_ISSUE,
    PLAN_REVOKE,
    PLAN_HOLD,
    PLAN_RELEASE, /* from hold */
    PLAN_ACCEPT,  /* its holder has it and does not object */
    PLAN_CRL,
    PLAN_OCSP,
    PLAN_ACTS
};

/* One request's outcome, or a CRL that the batch makes necessary. Zero-initialise; strings are copies; free with
 * plan_item_free(). */
struct plan_item {
    int64_t n;                         /* its number in the batch, from 1; CRLs nobody asked for come after the last */
    char id[LIMIT_TOKEN_TEXT + 1];     /* "" when the line had none, and of a CRL nobody asked for */
    enum plan_act act;
    enum err code;                     /* of a refusal, else E_OK */
    char clause[LIMIT_CLAUSE + 1];
    char detail[DIAG_TEXT_MAX];        /* of a refusal */
    char profile[LIMIT_TOKEN_TEXT + 1]; /* of an issue */
    char key[LIMIT_TOKEN_TEXT + 1];    /* that signs, or signed, the certificate or list; that signed those that responses are about */
    uint8_t serial[SERIAL_LEN];        /* of the certificate to be issued, or whose status changes */
    bool has_supersedes;
    uint8_t supersedes[SERIAL_LEN];    /* of the certificate that ends with an issue */
    char ignored[200];
    char override_[LIMIT_OVERRIDE_SHOWN]; /* the identity fields whose check digit was overridden, and why; "" for none */
    bool has_pair;                     /* an encrypting certificate: the serial number of its signing one, */
    uint8_t pair[SERIAL_LEN];
    struct buf enveloped_key;          /* and what the key-management centre sent with it */
    struct buf tbs;                    /* of an issue: DER TBSCertificate */
    char reason[LIMIT_TOKEN_TEXT + 1]; /* of a revocation: the policy's name for it; "" otherwise */
    int reason_code;                   /* of revoke, hold and release: CRLReason, RFC 5280 5.3.1 */
    int64_t asked;                     /* when the change of status was asked for */
    struct plan_crl crl;
    struct plan_ocsp ocsp;
};

/* Is an electronic seal to be issued? Its tbs is a SES_SealInfo then, and its profile POLICY_SEAL. */
bool plan_is_eseal(const struct plan_item *i);

/* How many items there are of each kind. */
struct plan_counts {
    int64_t issue, refuse;
    int64_t status; /* revoke, hold, release, accept */
    int64_t lists;  /* crl, ocsp */
};

/* -- writing -- */

/* Append the header's, an item's, the end's line with its newline. */
ERR_MUST_USE enum err plan_write_header(const struct plan_header *h, struct buf *out);
ERR_MUST_USE enum err plan_write_item(const struct plan_item *i, struct buf *out);
ERR_MUST_USE enum err plan_write_end(const struct plan_counts *counts, struct buf *out);

/* "refuse", "issue", ...: the act's name in the plan. */
const char *plan_act_name(enum plan_act act);

/* "revoked", "held", "released": what such an act makes of a certificate, as log and results say it; "" for the others. */
const char *plan_status_name(enum plan_act act);

/* One more item of this kind. */
void plan_count(struct plan_counts *counts, enum plan_act act);
int64_t plan_total(const struct plan_counts *counts);

/* -- reading -- */

struct plan {
    struct plan_header header;
    struct plan_counts counts;  /* of the end line */
    uint8_t digest[DIGEST_LEN]; /* the plan's name */
    struct json_lines lines;
    int64_t next;               /* number of the item that plan_next() returns next */
    bool proven;                /* the whole file was read and found good */
    uint8_t (*items)[DIGEST_LEN]; /* SHA-256 of each item's line, of that reading; NULL when that was another time */
    size_t items_cap;
    bool borrowed;              /* items belongs to the plan that this one is a second reader of */
    struct merkle *tree;        /* while that is done */
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
