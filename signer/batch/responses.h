/* responses.h - OCSP responses about the certificates of one key: what they say comes out of an index.
 *
 * Everything follows from the index, the plan's header, key and times of its item and the two certificates, so that whoever
 * has them gets the same bytes, whatever his policy. Certificates that were issued in or after log line `line`, the plan's intent, are not among them: batches that
 * only issue may run before an intent that was interrupted is taken up again.
 */
#ifndef ROOTSEAL_BATCH_RESPONSES_H
#define ROOTSEAL_BATCH_RESPONSES_H

#include "batch/issuers.h"
#include "batch/plan.h"
#include "log/index.h"
#include "pki/ocsp.h"
#include "pki/ocsp_file.h"

/* Where the answers come from, and who signs them. */
struct responses_source {
    struct index *index;
    uint64_t line;
    const struct plan_header *header;
    struct issuer issuer, responder; /* what they point to is borrowed */
};

/* A walk through all of them, by ascending serial number, one such walk on an index at a time. */
struct responses_walk {
    const struct responses_source *source;
    struct index_entries *entries;
    struct ocsp_status status; /* of the response at hand */
};
ERR_MUST_USE enum err responses_open(const struct responses_source *source, const struct plan_item *item,
                                     struct responses_walk *out, struct diag *d);

/* The next ResponseData, linted, takes the place of what is in tbs; *more is false after the last. E_LINT. */
ERR_MUST_USE enum err responses_next(struct responses_walk *w, struct buf *tbs, bool *more, struct diag *d);

/* Says whether the walk was whole. */
ERR_MUST_USE enum err responses_close(struct responses_walk *w, struct diag *d);

/* Count and digest of what the item, an ocsp one, stands for. */
ERR_MUST_USE enum err responses_plan(const struct responses_source *source, struct plan_item *item, struct diag *d);

/* E_PLAN_STALE when they are not those in the item. */
ERR_MUST_USE enum err responses_check(const struct responses_source *source, const struct plan_item *item, struct diag *d);

/* The file that holds them, in the batch's folder of the archive and in its bundle: KEY-N.ocsp, N the item's number. */
#define RESPONSES_NAME (LIMIT_TOKEN_TEXT + 32)
void responses_name(const char *key, int64_t n, char out[RESPONSES_NAME]);

#endif
