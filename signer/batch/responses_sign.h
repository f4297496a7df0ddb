/* responses_sign.h - OCSP responses signed side by side, and written into the archive. */
#ifndef ROOTSEAL_BATCH_RESPONSES_SIGN_H
#define ROOTSEAL_BATCH_RESPONSES_SIGN_H

#include "batch/responses.h"
#include "core/progress.h"
#include "hsm/pool.h"

/* Sign what the item stands for with the responder's key on the token, by a pool that has nothing else to do, and write the
 * responses to responses_name() in the folder, one after the other in the order of their serial numbers. The file was read
 * back, and is durable with its name, when this returns; digest is its SHA-256. One of that name is replaced. E_PLAN_STALE,
 * before the file gets its name, when they are not those that were planned; E_READ_BACK; errors of the pool and of files. */
ERR_MUST_USE enum err responses_sign(const struct responses_source *source, const struct plan_item *item, int dir_fd,
                                     struct hsm_pool *pool, const struct progress *progress, uint8_t digest[DIGEST_LEN],
                                     struct diag *d);

#endif
