/* certify.h - the TBS that a decision to issue means. */
#ifndef ROOTSEAL_BATCH_CERTIFY_H
#define ROOTSEAL_BATCH_CERTIFY_H

#include "batch/decide.h"
#include "batch/issuers.h"
#include "batch/plan.h"

/* The item for this decision, as far as all kinds have it; its number is in it already. A refusal is complete. */
void certify_begin(const struct decision *decision, struct plan_item *item);

/* It is refused after all. */
void certify_refuse(struct plan_item *item, enum err code, const char *clause, const char *detail);

/* Complete the item for a decision to revoke, hold, release or accept. */
void certify_status(const struct decision *decision, struct plan_item *item);

/* The name of the key that signs what was decided to be issued. */
const char *certify_key(const struct decision *decision);

/* Complete the item with profile, key, the extensions passed over, and the linted TBS (of a seal: SES_SealInfo) for a decision to issue, valid from
 * `now`. The serial number is in the item already. Everything follows from the arguments, so that anybody who has them
 * gets the same bytes. E_OUTLIVES_ISSUER, E_KEY_DESTROYED and E_LINT refuse the request. */
ERR_MUST_USE enum err certify_build(const struct issuer *issuer, const struct decision *decision, int64_t now,
                                    struct plan_item *item, struct diag *d);

#endif
