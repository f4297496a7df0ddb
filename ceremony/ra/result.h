/* result.h - one line of results.jsonl: what became of a request. */
#ifndef ROOTSEAL_RA_RESULT_H
#define ROOTSEAL_RA_RESULT_H

#include "ra/form.h"

/* Texts stay in obj. Free with result_free(). */
struct result {
    json_t *obj;
    int64_t n;      /* the request's number in the batch, from 1 */
    const char *id; /* "" when the request had none that could be read */
    bool issued;
    const char *clause;
    int64_t log;         /* the log line that records it */
    enum err code;       /* refused: why; else E_OK */
    const char *detail;  /* refused: why, in words; else NULL */
    const char *profile; /* issued; else NULL */
    const char *serial;  /* issued: lower-case hexadecimal; else NULL */
    const char *ignored; /* issued: requested extensions that were not copied; else NULL */
    struct buf cert;     /* issued: DER */
    const char *pair;    /* issued, encrypting: the serial of the signing certificate; else NULL */
    struct buf enveloped_key; /* and the private key, enveloped for the holder */
};

/* Read line `number`. E_BUNDLE_FORMAT when it is not exactly one, E_NO_MEMORY. */
ERR_MUST_USE enum err result_parse(struct span line, uint64_t number, struct result *out,
                                   struct diag *d);
void result_free(struct result *r);

#endif
