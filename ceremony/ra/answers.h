/* answers.h - batch, results and log lines held against each other, request by request. */
#ifndef ROOTSEAL_RA_ANSWERS_H
#define ROOTSEAL_RA_ANSWERS_H

#include "core/progress.h"
#include "ra/bundle_read.h"
#include "ra/desk.h"

struct answer {
    char id[LIMIT_TOKEN_TEXT + 1]; /* "" when the request had none that could be read */
    bool issued;
    enum err code; /* refused: why */
    char clause[201];
    char *note; /* refused: the detail; issued: the requested extensions that were not copied */
    char serial[64], not_before[21], not_after[21]; /* issued */
    struct buf cert;                                /* issued: DER */
};

/* Zero-initialise; free with answers_free(). */
struct answers {
    struct answer *v; /* in the batch's order */
    size_t n;
    const struct anchor **issuers; /* of what was issued, in the order of their first certificate */
    size_t issuers_n;
};

/* Prove that the bundle, whose log lines are verified, answers this batch: the batch's digest,
 * authority, RA, id and sequence; exactly one result a request, in order, under its id; each backed
 * by the log line it names (n, code, clause, serial, digest of the certificate); each certificate
 * as certificate_check() says; the counts; and certs.p7b and chain.pem with exactly these
 * certificates and their issuers' anchors. E_BUNDLE_ANSWER, E_BUNDLE_FORMAT, E_ANCHOR,
 * E_CERT_SIGNATURE; E_POLICY_OTHER when the appliance decided by another policy than this
 * program's, because then nothing could be compared; E_AUTHORITY. */
ERR_MUST_USE enum err answers_check(const struct desk *desk, const struct bundle *bundle,
                                    struct anchors *anchors, const struct progress *progress,
                                    struct answers *out, struct diag *d);
void answers_free(struct answers *a);

#endif
