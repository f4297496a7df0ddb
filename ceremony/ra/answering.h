/* answering.h - what answers_check() has at hand while it goes through a bundle, and its parts: a certificate, a change of
 * status, a revocation list.
 */
#ifndef ROOTSEAL_RA_ANSWERING_H
#define ROOTSEAL_RA_ANSWERING_H

#include "batch/decide.h"
#include "batch/effects.h"
#include "log/record.h"
#include "ra/answers.h"
#include "ra/changes.h"
#include "ra/result.h"

struct answering {
    const struct desk *desk;
    const struct bundle *bundle;
    struct anchors *anchors;
    struct decider decider; /* with the authority; without a history */
    struct lines requests, results, log;
    char batch[DIGEST_HEX];
    int64_t n;                 /* of the request or list at hand, from 1 */
    int64_t intent;            /* when the batch's intent came into the log */
    struct plan_counts counts; /* so far */
    struct changes changes;    /* of what was revoked, held or released */
    int64_t this_update;       /* of the lists, all alike; 0 before the first */
    bool due[LIMIT_KEYS];      /* by the key's place in the authority: its list came without being asked for */
    size_t next_due;           /* the place that the next such list may have at least */
    struct answers *out;
};

/* E_BUNDLE_ANSWER, with these words about the request at hand. */
ERR_MUST_USE enum err answering_differs(const struct answering *w, const char *what, struct diag *d);

/* In all below, the result s stands in its place and names the log line r; o is what the policy says of the request.
 * What is proven goes into *a. */

/* Keep these bytes as long as the answers. */
ERR_MUST_USE enum err answering_keep(struct answering *w, struct span bytes, struct span *kept, struct diag *d);

/* The certificate, as certificate_check() says; profile, clause and what was not copied are the policy's; the log line tells
 * of it; it supersedes what the request names, if it supersedes; it has the pair and the enveloped key that were sent. */
ERR_MUST_USE enum err answer_issued(struct answering *w, const struct result *s, const struct record *r,
                                    const struct decision *o, struct answer *a, struct diag *d);

/* The same of an electronic seal: made with the policy's key, as lint_eseal() says, with the name, picture, size and holder
 * that were asked for. */
ERR_MUST_USE enum err answer_seal(struct answering *w, const struct result *s, const struct record *r,
                                  const struct decision *o, struct answer *a, struct diag *d);

/* The maker of what is issued is the anchor of this key, which is noted in the answers. */
ERR_MUST_USE enum err answering_note_issued(struct answering *w, const char *key,
                                            const struct anchor **issuer, struct diag *d);

/* At the end: behind the anchors noted those that certify them. */
ERR_MUST_USE enum err answering_complete_issuers(struct answering *w, struct diag *d);

/* The result and the log line tell of these bytes, under this profile and key. */
ERR_MUST_USE enum err answering_check_issued(const struct answering *w, const struct result *s, const struct record *r,
                                             struct span bytes, const char *profile, const char *key,
                                             const struct decision *o, struct diag *d);

/* The status of the certificate that the request names is what it asks for, for its reason, with the policy's reason code,
 * late or not as the log line's time says. */
ERR_MUST_USE enum err answer_status(struct answering *w, const struct result *s, const struct record *r,
                                    const struct decision *o, struct answer *a, struct diag *d);

/* The list: of a key of the authority that issues lists, asked for (o) or made necessary (o is NULL); its file is there in
 * its place; key, number, base and count are the log line's, and so are the digest of the TBSCertList and the signature; it
 * verifies with the key's anchor, is as the policy's row says (crl_lint()), and agrees with what the results before it say
 * of certificates. */
ERR_MUST_USE enum err answer_list(struct answering *w, const struct result *s, const struct record *r,
                                  const struct decision *o, struct answer *a, struct diag *d);

/* After the last line: every list is used, and each key that issues lists and signed what was revoked, held, released or
 * superseded has its list behind the requests. */
ERR_MUST_USE enum err answer_lists_end(const struct answering *w, struct diag *d);

#endif
