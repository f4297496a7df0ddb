/* certify.h - the TBS that a decision to issue means. */
#ifndef ROOTSEAL_BATCH_CERTIFY_H
#define ROOTSEAL_BATCH_CERTIFY_H

#include "batch/decide.h"
#include "batch/plan.h"
#include "batch/state.h"

/* The issuers a batch needs, looked up once. Zero-initialise; end with certify_free(). */
struct certifier {
    struct state *state;
    const struct policy_authority *authority;
    int64_t now; /* notBefore of everything in the plan */
    struct issuer {
        const struct policy_key *row;
        X509 *cert;
        struct buf subject;
    } *issuers;
    size_t n;
};

/* Fill the item with profile, key, a fresh serial number and the linted TBS for a decision with code E_OK.
 * E_OUTLIVES_ISSUER and E_LINT refuse the request; E_ANCHOR when the key has no certificate yet. */
ERR_MUST_USE enum err certify_request(struct certifier *c, const struct decision *decision, struct plan_item *item,
                                      struct diag *d);

void certify_free(struct certifier *c);

#endif
