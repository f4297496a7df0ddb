/* announce.h - what the items of a plan mean for the index, and what decisions ask of it.
 *
 * The appliance has its index in the state (batch/history.h); the auditor makes one of his own.
 */
#ifndef ROOTSEAL_BATCH_ANNOUNCE_H
#define ROOTSEAL_BATCH_ANNOUNCE_H

#include "batch/decide.h"
#include "batch/plan.h"
#include "log/index.h"

/* The index as decisions ask it (batch/decide.h). */
struct decide_history announce_history(struct index *x);

/* What a planned certificate takes from the world: its serial, its key, its subject. E_LINT when the TBS cannot be read. */
ERR_MUST_USE enum err announce_cert(const struct plan_header *h, const struct plan_item *item, struct index_cert *c,
                                    struct diag *d);

/* What the item will change about the status of a certificate: the one it names, or the one it supersedes. False when it
 * changes none. */
bool announce_change(const struct plan_header *h, const struct plan_item *item, struct index_change *c);

/* The item is part of an intent, which is log line plan_seq: what it will take from the world is taken. */
ERR_MUST_USE enum err announce_item(struct index *x, const struct plan_header *h, const struct plan_item *item,
                                    uint64_t plan_seq, struct diag *d);

#endif
