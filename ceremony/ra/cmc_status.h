/* cmc_status.h - what became of a body part, in the words of CMC (RFC 5272 6.1). */
#ifndef ROOTSEAL_RA_CMC_STATUS_H
#define ROOTSEAL_RA_CMC_STATUS_H

#include "core/diag.h"
#include "ra/answers.h"

/* CMCStatus (RFC 5272 6.1.3); those that are given here. */
enum cmc_word { CMC_SUCCESS = 0, CMC_FAILED = 2, CMC_PENDING = 3 };

/* CMCFailInfo (RFC 5272 6.1.4); the same. */
enum cmc_fail {
    CMC_BAD_ALG = 0,
    CMC_BAD_REQUEST = 2,
    CMC_BAD_TIME = 3,
    CMC_BAD_CERT_ID = 4,
    CMC_UNSUPPORTED_EXT = 5,
    CMC_POP_FAILED = 9,
    CMC_NO_KEY_REUSE = 10
};

#define CMC_TEXT 1200 /* bytes of a statusString with its NUL */

struct cmc_status {
    enum cmc_word word;
    enum cmc_fail fail;  /* when it failed */
    char text[CMC_TEXT]; /* statusString, printable ASCII; "" for none */
};

/* Of a request's answer. A refusal says its code, its sentence, the detail and the clause; a certificate without what was
 * asked for, and a revocation later than promised, say so. The words are English: a program may read them. */
void cmc_status_of(const struct answer *a, struct cmc_status *out);

#endif
