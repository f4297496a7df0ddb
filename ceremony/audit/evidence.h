/* evidence.h - what proves of one certificate who asked for it, who approved that, by which rule it was decided, who authorised
 * it, which bytes were signed, and that all this stands in the log under a seal: one file, and nothing of other subscribers in it.
 *
 * Three Merkle trees (RFC 9162 2.1) make it possible: over the lines of the log, whose root the seal has; over those of the batch,
 * whose root the RA's persons signed; over those of the plan, whose root the officers signed. Of each tree the evidence has the few
 * lines that are about this certificate, each with its path. The file is text (rootseal-formats(5)), which also says how all of it
 * is checked by hand.
 */
#ifndef ROOTSEAL_AUDIT_EVIDENCE_H
#define ROOTSEAL_AUDIT_EVIDENCE_H

#include "batch/header.h"
#include "batch/plan.h"
#include "batch/request.h"
#include "log/proof.h"
#include "log/seal.h"

#define EVIDENCE_LINES_MAX 256 /* of the log, and signatures: far more than there can be */
#define EVIDENCE_BYTES_MAX (64u << 20)

/* One line of a log, a batch or a plan. */
struct evidence_line {
    uint64_t index; /* from 0 */
    struct buf bytes;
    struct proof path;
};

/* Zero-initialise. */
struct evidence_lines {
    struct evidence_line *v;
    size_t n;
};

struct evidence_signature {
    struct buf certificate; /* of the person, DER */
    struct buf cms;         /* detached, DER */
};

struct evidence_signatures {
    struct evidence_signature *v;
    size_t n;
};

struct evidence {
    struct seal seal;              /* the first one after the certificate was issued: the RA's bundle has the same */
    struct evidence_lines log;     /* genesis, anchors of the keys, batch, authorise, plan, issued: as they follow each other */
    struct evidence_lines batch;   /* header and request */
    struct evidence_lines plan;    /* header and item */
    struct evidence_signatures approvals;      /* in the order of the plan's header */
    struct evidence_signatures authorisations; /* in the order of the authorise lines */
    struct buf certificate;        /* DER */
};

/* -- making -- */

/* Gather it from a state for the certificate with this serial number, which is not checked here: evidence_check() does that. persons
 * whose certificates their signatures do not carry are taken from the policy. E_CERT_UNKNOWN, E_NOT_A_SEAL for a seal's number,
 * E_LOG_SEAL when no seal covers it yet, E_LOG_ORDER when it has no plan, E_ARCHIVE, E_PLAN_FORMAT. Free with
 * evidence_free(), on failure too. */
ERR_MUST_USE enum err evidence_collect(const char *state, const char *serial, const struct policy *policy,
                                       struct evidence *out, struct diag *d);

/* -- the parts, read -- */

/* Zero-initialise; free with evidence_facts_free(). */
struct evidence_facts {
    struct record *records; /* of the log's lines, one each */
    size_t records_n;
    const struct record *genesis, *batch, *plan, *issued;
    X509 *log_key, *issuer;        /* certificates, from the anchor lines */
    enum sig_alg seal_alg, alg;    /* of the seal, and of the certificate */
    struct batch_header header;
    struct request request;
    struct plan_header plan_header;
    struct plan_item item;
};

/* Read every part, whose forms are proven; that they belong together is not. E_EVIDENCE_FORMAT. */
ERR_MUST_USE enum err evidence_read_parts(const struct evidence *e, struct evidence_facts *out, struct diag *d);
void evidence_facts_free(struct evidence_facts *f);

/* The certificate in an anchor line. E_EVIDENCE_FORMAT. X509_free() it. */
ERR_MUST_USE enum err evidence_anchor(const struct record *r, X509 **out, struct diag *d);

/* -- the file -- */

/* Append the text, and read it: the text is exactly what is written for its parts, the words and the commands in it, too.
 * E_EVIDENCE_FORMAT. */
ERR_MUST_USE enum err evidence_write(const struct evidence *e, struct buf *out, struct diag *d);
ERR_MUST_USE enum err evidence_parse(struct span text, struct evidence *out, struct diag *d);

/* -- checking -- */

struct evidence_verdict {
    bool same_policy;      /* the plan was made under this policy, so that roles, quorum and decision were checked, too */
    bool anchors_compared; /* with those that came by hand */
    bool log_key_known;    /* this policy has a key of that name for seals */
};

/* Does all of it belong together? anchors is the folder of certificates from the ceremony, or NULL. The first thing that does not:
 * E_LOG_PROOF, E_LOG_SEAL, E_ANCHOR, E_EVIDENCE_CONTENT, E_CERT_SIGNATURE, E_LINT, E_QUORUM, and those of approvals,
 * authorisations and evidence_decide(). */
ERR_MUST_USE enum err evidence_check(const struct evidence *e, const struct evidence_facts *f, const struct policy *policy,
                                     const char *anchors, struct evidence_verdict *out, struct diag *d);

/* One more, zeroed; valid until the next one is added. E_NO_MEMORY. */
ERR_MUST_USE enum err evidence_add_line(struct evidence_lines *l, uint64_t index, struct evidence_line **out);
ERR_MUST_USE enum err evidence_add_signature(struct evidence_signatures *s, struct evidence_signature **out);

void evidence_free(struct evidence *e);

#endif
