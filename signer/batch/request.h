/* request.h - one request line of batch.jsonl. */
#ifndef ROOTSEAL_BATCH_REQUEST_H
#define ROOTSEAL_BATCH_REQUEST_H

#include "core/diag.h"
#include "core/digest.h"
#include "core/json.h"
#include "core/limits.h"

struct request {
    char id[LIMIT_TOKEN_TEXT + 1];       /* unique in the batch; "" when the line could not be read that far */
    char op[LIMIT_TOKEN_TEXT + 1];
    char profile[LIMIT_TOKEN_TEXT + 1];
    char operator_[LIMIT_TOKEN_TEXT + 1]; /* the RA's own pseudonym for who keyed it in; "" when absent */
    int64_t requested_at;
    bool has_evidence;
    uint8_t evidence[DIGEST_LEN];        /* SHA-256 of the applicant's file at the RA */
    struct buf csr;                      /* DER */
};

/* Read a line. `number` is its line number in the file, for the diag. What could be read (the id first of all) is in
 * *out even when an error is returned, so that the refusal can name the request; free with request_free() always.
 * Errors of json.h, E_FIELD_VALUE, E_BASE64. */
ERR_MUST_USE enum err request_parse(struct span line, uint64_t number, struct request *out, struct diag *d);

/* Append the line in canonical form, without its newline. */
ERR_MUST_USE enum err request_write(const struct request *r, struct buf *out);

void request_free(struct request *r);

#endif
