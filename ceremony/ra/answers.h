/* answers.h - batch, results and log lines held against each other, request by request. */
#ifndef ROOTSEAL_RA_ANSWERS_H
#define ROOTSEAL_RA_ANSWERS_H

#include "batch/plan.h"
#include "core/progress.h"
#include "ra/bundle_read.h"
#include "ra/desk.h"

/* What became of one request, or a list that the batch made necessary. Texts are "" and numbers 0 where there is nothing to
 * tell. */
struct answer {
    char id[LIMIT_TOKEN_TEXT + 1]; /* "" when the request had none that could be read, and of a list nobody asked for */
    enum plan_act act;             /* what was done */
    enum err code;                 /* refused: why; else E_OK */
    char clause[LIMIT_CLAUSE + 1];
    int64_t log;                   /* the line of the log that records it */
    char log_time[21];             /* when it was recorded */
    char profile[LIMIT_TOKEN_TEXT + 1]; /* issued */
    const char *note; /* refused: the detail; issued: the requested extensions that were not copied; never NULL */
    char serial[64];                         /* issued, or whose status changed */
    char not_before[21], not_after[21];      /* issued */
    char supersedes[LIMIT_TOKEN_TEXT + 1];   /* issued: the serial of the certificate that ended with it */
    struct span cert;                        /* issued, a certificate: DER; */
    struct span seal;                        /* or an electronic seal */
    struct span enveloped_key;               /* issued, encrypting: the private key, enveloped for the holder */
    char reason[LIMIT_TOKEN_TEXT + 1];       /* revoked */
    bool late;                               /* revoked after the time that the policy promises */
    char key[LIMIT_TOKEN_TEXT + 1];          /* list: who signed it, */
    int64_t number, base;                    /* its number, and of a delta that of the list it builds on; */
    char this_update[21];                    /* its time; */
    char next_update[21];                    /* when the next one is due; */
    const struct spool *list;                /* its bytes: the bundle's */
};

/* Zero-initialise; free with answers_free(). They lie in two spools: the answers, and what they point to. */
struct answers {
    struct spool rows, kept;
    size_t n;
    const struct anchor **issuers; /* of what was issued, in the order of their first certificate; then theirs */
    size_t issuers_n;
};

/* One of them, from 0, in the batch's order. It stays until answers_free(). */
const struct answer *answers_at(const struct answers *a, size_t i);

/* Prove that the bundle, whose log lines are verified, answers this batch: the batch's digest,
 * authority, RA, id and sequence; exactly one result a request, in order, under its id, and behind them the lists that it
 * made necessary; each backed by the log line it names (n, code, clause, serial, digest of the certificate, ...); what was
 * done is what was asked for, as answer_issued(), answer_status() and answer_list() say, or a refusal; the counts; and
 * certs.p7b and chain.pem with exactly these certificates and their issuers' anchors. E_BUNDLE_ANSWER, E_BUNDLE_FORMAT,
 * E_ANCHOR, E_CERT_SIGNATURE, E_CRL_FORMAT, E_CRL_SIGNATURE; E_AUTHORITY. The bundle must outlive the answers. */
ERR_MUST_USE enum err answers_check(const struct desk *desk, const struct bundle *bundle,
                                    struct anchors *anchors, const struct progress *progress,
                                    struct answers *out, struct diag *d);
void answers_free(struct answers *a);

#endif
