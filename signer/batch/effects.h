/* effects.h - what the items of a plan do to the status of certificates, and the lists that follow from it.
 *
 * While a batch is decided, each request must see what those before it did, and at the end the lists say what became of
 * all. Nothing of this is in the log yet. The planner and whoever repeats its work do it on the index, inside a
 * transaction that is always rolled back; the auditor has the same of his own.
 */
#ifndef ROOTSEAL_BATCH_EFFECTS_H
#define ROOTSEAL_BATCH_EFFECTS_H

#include "batch/decide.h"
#include "batch/issuers.h"
#include "core/limits.h"

struct effects_world {
    void *arg;
    /* What this item changes is in force for those after it. */
    enum err (*take)(void *arg, const struct plan_header *h, const struct plan_item *item, struct diag *d);
    /* Number, count, and bytes of the list of this key: item->crl, but for next_update. */
    enum err (*list)(void *arg, const struct plan_header *h, const struct issuer *issuer, bool delta,
                     struct plan_item *item, struct diag *d);
    /* Count and bytes of the responses about this key's certificates: item->ocsp, but for next_update. */
    enum err (*responses)(void *arg, const struct plan_header *h, const struct issuer *issuer,
                          const struct issuer *responder, struct plan_item *item, struct diag *d);
};

/* Zero-initialise with the first three. */
struct effects {
    const struct effects_world *world;
    const struct policy_authority *authority;
    const struct plan_header *header;
    bool due[LIMIT_KEYS]; /* by the key's place in the authority: certificates of it were revoked, held or released */
    size_t at;              /* of the next key to ask for a list */
    bool any;               /* some item asks for, changes or tells of the status of a certificate */
};

/* The item was decided so. */
ERR_MUST_USE enum err effects_take(struct effects *f, const struct decision *o, const struct plan_item *item,
                                   struct diag *d);

/* Does the decision make a new list of its certificate's key necessary? Then that key must not be at its end:
 * E_KEY_DESTROYED. */
bool effects_needs_list(const struct decision *o, const struct policy *policy);
ERR_MUST_USE enum err effects_check_living(const struct issuer *issuer, struct diag *d);

/* Make the item the list that this key signs, full or delta. E_KEY_DESTROYED. */
ERR_MUST_USE enum err effects_list(const struct effects *f, const struct issuer *issuer, bool delta,
                                   struct plan_item *item, struct diag *d);

/* Make the item the responses that this responder signs about the issuer's certificates. E_KEY_DESTROYED; E_OUTLIVES_ISSUER when its own
 * certificate ends before the next ones are due. */
ERR_MUST_USE enum err effects_responses(const struct effects *f, const struct issuer *issuer,
                                        const struct issuer *responder, struct plan_item *item, struct diag *d);

/* After the last request: the next key whose full list is due; NULL when there is none left. */
const struct policy_key *effects_next_due(struct effects *f);

#endif
