/* untold.h - lines of the log that the token was never told of.
 *
 * They are from a run that was cut short, or somebody who can write to the state wrote them: the chain holds no secret.
 * Signatures speak for themselves; an intent and a change of policy do not. Once the token is told of a later line it has
 * heard of them, too; so whoever is about to tell it asks here first, after witness_check().
 */
#ifndef ROOTSEAL_BATCH_UNTOLD_H
#define ROOTSEAL_BATCH_UNTOLD_H

#include "batch/plan.h"
#include "batch/state.h"
#include "hsm/hsm.h"

/* E_STATE_POLICY when the token was not told of the line that names the policy: `ceremony policy` completes it. */
ERR_MUST_USE enum err untold_check_policy(struct state *s, struct diag *d);

/* E_KEY_DESTROYED when the token was not told of the line that tells of a key's end, unless it is the key `ending` (NULL:
 * none) that is about to be destroyed again: `ceremony destroy` completes it, and finds out when it is not true. */
ERR_MUST_USE enum err untold_check_ends(struct state *s, const char *ending, struct diag *d);

/* An intent that the token was not told of is as good as its plan is now, upon the log before it, with nothing planned
 * or put under another policy since: errors of standing_check_plan(). */
ERR_MUST_USE enum err untold_check_intent(struct state *s, const struct plan_header *h, const struct index_batch *row,
                                          struct diag *d);

/* First: the answers of every batch that was not sealed when the token last heard of the log are what its plan says, and
 * their signatures verify, and none that the token knew of was given up. E_LOG_ORDER, E_ARCHIVE, E_CERT_SIGNATURE and the
 * like otherwise: the lines are forged, and the token hears nothing of them.
 * Then every such intent, but that of the batch `own` (NULL: none), is found good, or given up for ever by a `refused` line of
 * the whole batch with the code E_PLAN_STALE: nothing was signed for it. When there were any, the token is told.
 * Steps of ceremonies that it was not told of are taken back (untold_take_back_steps()). */
ERR_MUST_USE enum err untold_settle(struct state *s, struct hsm *h, const uint8_t own[DIGEST_LEN], struct diag *d);

/* For every ceremony that has `step` or `exception` lines which the token was not told of, append a `ceremony` line: it goes on
 * from where the token knows it to be (log/course.h). The steps are walked again then: who knows who wrote those lines.
 * E_LOG_ORDER when lines are out of their order, or take back what the token knows. */
ERR_MUST_USE enum err untold_take_back_steps(struct state *s, struct diag *d);

/* Keys and certificates in lines that the token was not told of: each such key that has not ended is on the token and signs
 * (own_key_test()), but for those that `without` lists (text_lists()), and each certificate is signed by the key whose it should
 * be: E_KEY_MISSING, E_CERT_SIGNATURE and the like. */
ERR_MUST_USE enum err untold_check_keys(struct state *s, struct hsm *h, const char *without, struct diag *d);

#endif
