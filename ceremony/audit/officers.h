/* officers.h - who authorised a plan: the authorise lines before it, and the files they name. */
#ifndef ROOTSEAL_AUDIT_OFFICERS_H
#define ROOTSEAL_AUDIT_OFFICERS_H

#include "batch/authorise.h"
#include "core/digest.h"
#include "log/record.h"

struct audit;

struct officers_entry {
    uint8_t plan[DIGEST_LEN], officer[DIGEST_LEN], signature[DIGEST_LEN];
    uint64_t line;
    int64_t time;
};

/* Authorise lines whose plan has not come yet. Zero-initialise; free with officers_free(). */
struct officers {
    struct officers_entry *v;
    size_t n;
};

/* An authorise line: it is kept until its plan comes. */
ERR_MUST_USE enum err officers_take(struct audit *a, const struct record *r);

/* A plan, or what else officers authorise by its digest. */
struct officers_of {
    int fd;                /* the folder with the signatures */
    struct authorise_what what;
    const struct policy *policy; /* it was made under; NULL when nothing is known of it */
    const char *made;      /* e.g. "the plan was made", for a message */
};

/* The plan has come: each of its authorise lines must name a signature file beside it, over the
 * plan's digest, by an officer of the policy whose certificate was valid then, and there must be
 * a quorum of distinct ones. Where nothing is known of the policy, the signature is checked
 * with the certificate it carries, if the log names that one, and the rest is left open. */
ERR_MUST_USE enum err officers_check(struct audit *a, const struct officers_of *b);

/* The plan has come, and is not in the archive as it was: what is wrong is told there, and its authorise lines are not
 * waiting any more. */
void officers_forget(struct officers *o, const uint8_t plan[DIGEST_LEN]);

/* After the log: authorise lines whose plan has not come are told; after the plan they are
 * E_LOG_ORDER. */
void officers_finish(struct audit *a);

void officers_free(struct officers *o);

#endif
