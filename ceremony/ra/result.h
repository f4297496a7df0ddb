/* result.h - one line of results.jsonl: what became of a request, or a list that the batch made necessary. */
#ifndef ROOTSEAL_RA_RESULT_H
#define ROOTSEAL_RA_RESULT_H

#include "batch/plan.h"
#include "ra/form.h"

/* What stands in lines of one kind only is NULL or 0 in the others. Texts stay in obj. Free with result_free(). */
struct result {
    json_t *obj;
    int64_t n;                /* the request's number in the batch, from 1; lists nobody asked for come after the last */
    const char *id;           /* "" when the request had none that could be read, and of a list nobody asked for */
    enum plan_act act;        /* what was done */
    const char *clause;
    int64_t log;              /* the log line that records it */
    enum err code;            /* refused: why; else E_OK */
    const char *detail;       /* refused: why, in words */
    const char *profile;      /* issued */
    const char *serial;       /* issued, or whose status changed: lower-case hexadecimal */
    const char *supersedes;   /* issued: the serial of the certificate that ended with it, or "" */
    const char *ignored;      /* issued: requested extensions that were not copied */
    struct buf cert;          /* issued, a certificate: DER; */
    struct buf seal;          /* or an electronic seal */
    const char *pair;         /* issued, encrypting: the serial of the signing certificate, */
    struct buf enveloped_key; /* and the private key, enveloped for the holder */
    const char *reason;       /* revoked: the policy's name for it; held, released: "" */
    int64_t reason_code;      /* revoked, held, released: CRLReason */
    bool late;                /* revoked: after the time that the policy promises */
    const char *key;          /* list: who signed it */
    int64_t number, base;     /* list: its CRLNumber; of a delta the number of the list it builds on, else 0 */
    const char *responder;    /* OCSP responses: who signed them; key signed the certificates they are about */
    int64_t next_update;      /* list, OCSP responses: UTC seconds */
    int64_t entries;          /* list, OCSP responses: how many */
    const char *file;         /* list, OCSP responses: their file in the bundle */
};

/* Read line `number`. E_BUNDLE_FORMAT when it is not exactly one, E_NO_MEMORY. */
ERR_MUST_USE enum err result_parse(struct span line, uint64_t number, struct result *out, struct diag *d);
void result_free(struct result *r);

/* "refused", "issued", "revoked", ...: the word for what was done. Constant. */
const char *result_word(enum plan_act act);

#endif
