/* certifier.h - the certificates that one plan would have signed, each with a number of its own. */
#ifndef ROOTSEAL_BATCH_CERTIFIER_H
#define ROOTSEAL_BATCH_CERTIFIER_H

#include "batch/certify.h"
#include "batch/state.h"

/* What the requests of one batch share. Zero-initialise, then set the first two; end with certifier_free(). */
struct certifier {
    struct state *state;
    const struct policy_authority *authority;
    struct issuers issuers;
};

/* The authority's key of this name; *out is valid until the next call. Errors of issuers_find(). */
ERR_MUST_USE enum err certifier_issuer(struct certifier *c, const char *key, struct issuer **out, struct diag *d);

/* Who signs what was decided, and a fresh serial number for it: what certify_build() needs beside the decision. The
 * issuer is a copy whose parts are the certifier's. Errors of issuers_find(): the key cannot sign yet. */
ERR_MUST_USE enum err certifier_begin(struct certifier *c, const struct decision *decision, struct plan_item *item,
                                      struct issuer *issuer, struct diag *d);

void certifier_free(struct certifier *c);

#endif
