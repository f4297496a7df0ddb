/* certifier.h - the certificates that one plan would have signed, each with a number of its own. */
#ifndef ROOTSEAL_BATCH_CERTIFIER_H
#define ROOTSEAL_BATCH_CERTIFIER_H

#include "batch/certify.h"
#include "batch/state.h"

/* What the requests of one batch share. Zero-initialise, then set the first three; end with certifier_free(). */
struct certifier {
    struct state *state;
    const struct policy_authority *authority;
    int64_t now; /* notBefore of everything in the plan */
    struct issuers issuers;
};

/* The authority's key of this name; *out is valid until the next call. Errors of issuers_find(). */
ERR_MUST_USE enum err certifier_issuer(struct certifier *c, const char *key, struct issuer **out, struct diag *d);

/* certify_build() with a fresh serial number; the codes of issuers_find() when the key cannot sign yet. */
ERR_MUST_USE enum err certifier_run(struct certifier *c, const struct decision *decision, struct plan_item *item,
                                    struct diag *d);

void certifier_free(struct certifier *c);

#endif
