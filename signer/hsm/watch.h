/* watch.h - a watchdog over the calls into the token's module: one that hangs ends the process.
 *
 * PKCS#11 has no way to call a call off, and a thread that is inside one cannot be ended. So a
 * thread of the watchdog's own knows which call every other thread is in, and until when it may
 * last. When one lasts longer, it says E_TOKEN_TIMEOUT, naming token and call, as the program would,
 * and ends the process at once: with the exit status of that code, or as patience's end() does it, for
 * a step that tells its parent. That is safe, because the log and the token's copy of its head stand
 * any end of the process; the same command goes on.
 *
 * While the process is stopped (^Z) the token cannot be waited for: that time counts against no call.
 *
 * The watchdog sleeps: it wakes about once a second, however many calls there are. A
 * process must not fork between watch_start() and watch_stop().
 */
#ifndef ROOTSEAL_HSM_WATCH_H
#define ROOTSEAL_HSM_WATCH_H

#include <p11-kit/pkcs11.h>

#include "hsm/hsm.h"

struct watch;

/* Times the limit that what waits for a person or for primes may take: a PIN typed on the token's
 * own pad, and the making of a key pair. */
#define WATCH_LONG 10

/* Start the thread. Until watch_name() the messages name the token as `uri` does. patience is
 * copied, its program's name kept by reference. E_NO_MEMORY. watch_stop() it. */
ERR_MUST_USE enum err watch_start(const struct hsm_patience *patience, const char *uri,
                                  struct watch **out, struct diag *d);

/* From here on messages name this token. */
void watch_name(struct watch *w, const struct hsm_identity *token);

/* The calling thread enters the call `what` (constant text), which may last the limit times `times`
 * (1 or WATCH_LONG). One call at a time for each thread. watch_end() must follow. */
void watch_begin(struct watch *w, const char *what, int times);

/* The calling thread is back. Returns rv, so that it can stand around the call. */
CK_RV watch_end(struct watch *w, CK_RV rv);

/* End the thread. No call may be under way. NULL is allowed. */
void watch_stop(struct watch *w);

#endif
