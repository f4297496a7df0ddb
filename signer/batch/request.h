/* request.h - one request line of batch.jsonl. */
#ifndef ROOTSEAL_BATCH_REQUEST_H
#define ROOTSEAL_BATCH_REQUEST_H

#include "batch/op.h"
#include "batch/pair.h"
#include "batch/request_identity.h"
#include "core/diag.h"
#include "core/digest.h"
#include "core/json.h"
#include "core/limits.h"

struct request {
    char id[LIMIT_TOKEN_TEXT + 1];       /* unique in the batch; "" when the line could not be read that far */
    enum op op;
    char op_text[LIMIT_TOKEN_TEXT + 1];  /* as it stands there: the word of an OP_UNKNOWN */
    char profile[LIMIT_TOKEN_TEXT + 1];  /* "" when the op has none; so is each of the next four, and csr */
    char by[LIMIT_TOKEN_TEXT + 1];       /* whose wish a revocation is */
    char reason[LIMIT_TOKEN_TEXT + 1];
    char key[LIMIT_TOKEN_TEXT + 1];
    bool has_serial;
    uint8_t serial[SERIAL_LEN];          /* of the certificate that is renewed, changed, revoked, ... */
    char issuer[LIMIT_TOKEN_TEXT + 1];   /* the policy's key that signed that certificate; "" when absent */
    char operator_[LIMIT_TOKEN_TEXT + 1]; /* the RA's own pseudonym for who keyed it in; "" when absent */
    int64_t requested_at;
    bool has_evidence;
    uint8_t evidence[DIGEST_LEN];        /* SHA-256 of the applicant's file at the RA */
    struct buf csr;                      /* DER */
    struct identity identity;            /* of the holder */
    char override_[4 * LIMIT_OVERRIDE_TEXT + 1]; /* why a wrong check digit is to be let pass; "" when it is not */
    struct pair pair;                    /* of an encrypting certificate */
    struct {                             /* of an electronic seal; empty and 0 when the op has none */
        struct buf name;                 /* UTF-8 */
        struct buf picture;
        int64_t width, height;           /* millimetres */
        struct buf holder;               /* certificate, DER */
    } seal;
};

/* Read a line. `number` is its line number in the file, for the diag. What could be read (the id first of all) is in
 * *out even when an error is returned, so that the refusal can name the request; free with request_free() always.
 * Errors of json.h, E_FIELD_VALUE, E_BASE64. */
ERR_MUST_USE enum err request_parse(struct span line, uint64_t number, struct request *out, struct diag *d);

/* Append the line in canonical form, without its newline. */
ERR_MUST_USE enum err request_write(const struct request *r, struct buf *out);

void request_free(struct request *r);

#endif
