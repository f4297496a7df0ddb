/* statuses.h - what became of every certificate: the auditor's own index, made from plans and outcome lines. */
#ifndef ROOTSEAL_AUDIT_STATUSES_H
#define ROOTSEAL_AUDIT_STATUSES_H

#include "audit/batches.h"
#include "audit/keys.h"
#include "batch/issuers.h"

/* The plan of this batch is an intent from this line on: its certificates and lists are announced. */
ERR_MUST_USE enum err statuses_announce(struct audit *a, const struct batches_open *b, struct diag *d);

/* The outcome line r of this batch came: what its item says is in force. */
ERR_MUST_USE enum err statuses_apply(struct audit *a, const struct batches_open *b, const struct record *r, struct diag *d);

/* The key as the signer of lists: its certificate from the log, its row of the policy (NULL when it has none). Free
 * out->subject. */
ERR_MUST_USE enum err statuses_issuer(const struct policy *p, const struct keys_entry *key, struct issuer *out, struct diag *d);

/* The list of this item, made again from the index, is the one the plan names, and the line's signature is its key's over
 * it. E_PLAN_STALE, E_CRL_SIGNATURE, E_LOG_ORDER. */
ERR_MUST_USE enum err statuses_check_list(struct audit *a, const struct batches_open *b, const struct plan_item *item,
                                          const struct record *r, struct diag *d);

#endif
