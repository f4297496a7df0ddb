/* help_evidence.h - the evidence of one certificate, made with keys in memory: everything in it belongs together. Everything here
 * fails the running test when it cannot do its work. */
#ifndef ROOTSEAL_TESTS_HELP_EVIDENCE_H
#define ROOTSEAL_TESTS_HELP_EVIDENCE_H

#include "audit/evidence.h"
#include "help_bundle.h"

#define HELP_EVIDENCE_OFFICERS 2
#define HELP_EVIDENCE_PEOPLE (1 + HELP_EVIDENCE_OFFICERS) /* who approves, and the officers */

struct help_evidence {
    struct help_bundle bundle; /* its batch, keys and certificates */
    struct policy policy;      /* that of the bundle, with people */
    struct policy_person person;
    struct policy_officer officers[HELP_EVIDENCE_OFFICERS];
    struct buf people[HELP_EVIDENCE_PEOPLE]; /* their certificates, DER */
    struct evidence evidence;  /* about the first request */
    struct buf plan;           /* the file that it has two lines of */
    struct buf text;
};

/* Free with help_evidence_free(). */
void help_evidence_make(struct help_evidence *h);
void help_evidence_free(struct help_evidence *h);

/* What who gets the file does with it: read it, read its parts, check all. */
ERR_MUST_USE enum err help_evidence_check(const struct policy *p, struct span text, struct evidence *out, struct diag *d);

#endif
