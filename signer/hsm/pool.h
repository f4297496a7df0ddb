/* pool.h - many signatures side by side: N workers, each a thread with a session of its own, that
 * sign and verify.
 *
 * Results come back in the order of submission, so that the log can be appended in plan order. One
 * thread uses the pool; no other thread searches, makes keys or closes the token meanwhile.
 * Messages lie in a ring of a few jobs a worker, so memory stays bounded whatever the batch.
 */
#ifndef ROOTSEAL_HSM_POOL_H
#define ROOTSEAL_HSM_POOL_H

#include "hsm/hsm.h"

struct hsm_pool;

/* Start `sessions` workers (1 to LIMIT_SESSIONS; the number is brought into that range) on a token
 * that is logged in. The workers take no signals. E_TOKEN when the token has not so many sessions.
 * hsm_pool_close() it before the token. */
ERR_MUST_USE enum err hsm_pool_open(struct hsm *h, int sessions, struct hsm_pool **out,
                                    struct diag *d);

/* Room for one more submission? */
bool hsm_pool_has_room(const struct hsm_pool *p);

/* Hand over a message (copied) to be signed with the key. Only when there is room. E_LINT when the
 * message is longer than LIMIT_TBS_BYTES. */
ERR_MUST_USE enum err hsm_pool_submit(struct hsm_pool *p, struct hsm_key *k, struct span message,
                                      struct diag *d);

/* Number of submissions not yet taken. */
size_t hsm_pool_pending(const struct hsm_pool *p);

/* Wait for the oldest submission and append its signature to out, or return its error as hsm_sign()
 * would; the other submissions are not touched by it. Only when there is a pending one. */
ERR_MUST_USE enum err hsm_pool_take(struct hsm_pool *p, struct buf *out, struct diag *d);

/* Number of signatures made and verified so far, for the bench and the log. */
uint64_t hsm_pool_count(struct hsm_pool *p);

/* Stop the workers and free: signatures under way are finished, jobs not begun are dropped. NULL is
 * allowed. */
void hsm_pool_close(struct hsm_pool *p);

#endif
