/* workers.h - checks that need nothing but what they were given, on all cores, beside the walk along the log.
 *
 * They only say whether all went well. What is wrong must be told in its order, with what held before it: so when one check
 * fails, the whole audit is made once more without workers (verify_run()), and says the same, whatever the number of cores.
 */
#ifndef ROOTSEAL_AUDIT_WORKERS_H
#define ROOTSEAL_AUDIT_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

/* Does the check, in any thread, and frees what it was given. */
typedef enum err workers_check(void *what);

struct workers;

/* Start so many threads, at most 64, or as many as can be. NULL when fewer than two are asked for or none can be started: then there
 * is nothing to be put. End with workers_finish(). */
struct workers *workers_start(size_t n);

/* Hand one over; waits while many are waiting. */
void workers_put(struct workers *w, workers_check *check, void *what);

/* Wait for the last, end the threads and free. Did all of them go well? NULL is allowed: true. */
bool workers_finish(struct workers *w);

#endif
