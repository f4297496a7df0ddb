/* outcomes.h - the requests of a plan turned into issued and refused lines. */
#ifndef ROOTSEAL_BATCH_OUTCOMES_H
#define ROOTSEAL_BATCH_OUTCOMES_H

#include "batch/plan.h"
#include "batch/planner.h"
#include "batch/state.h"
#include "hsm/hsm.h"

/* The certificates of the authority's keys that a plan names, looked up once each. Zero-initialise. */
struct outcome_key {
    const struct policy_key *row;
    X509 *cert;
    struct hsm_key *token; /* NULL until outcomes_run() opened it */
};
struct issuers {
    struct outcome_key *keys;
    size_t n;
};

/* The entry for this key name; *out is valid until the next call. E_KEY_MISSING, E_ANCHOR. */
ERR_MUST_USE enum err issuers_find(struct issuers *i, struct state *s, const char *key, struct outcome_key **out,
                                   struct diag *d);
void issuers_free(struct issuers *i);

/* Open the issuers' keys on the token, then sign and log the items of the plan after the first `answered` ones, in plan order, synced in groups and at the end.
 * The plan stands at its first item. Stops at the first error; what was appended before it is synced. *signatures
 * counts what the token signed. */
ERR_MUST_USE enum err outcomes_run(struct state *s, struct hsm *h, int sessions, struct plan *plan,
                                   struct issuers *issuers, uint64_t answered, const struct progress *progress,
                                   uint64_t *signatures, struct diag *d);

#endif
