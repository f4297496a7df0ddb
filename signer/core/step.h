/* step.h - one step of the way of the data in a process of its own, so that it can be shut in (core/sandbox.h) without
 * shutting in the steps that follow, and so that nothing it held outlives it.
 */
#ifndef ROOTSEAL_CORE_STEP_H
#define ROOTSEAL_CORE_STEP_H

#include <stddef.h>

#include "core/diag.h"

/* Does the step's work in the child. `data` is what the parent gave; what the function changes in it the parent gets
 * back. It must be a plain value: no pointer in it means anything to the parent. */
typedef enum err step_fn(void *data, struct diag *d);

/* Run the step in a child process and wait for it. What the function returned comes back with its diag; data (n bytes)
 * comes back whatever it returned. Locks and open files of the child end with it. The child is ended with this process.
 * E_STEP when the child ended without an answer: the diag names the step and the signal, and data is unchanged. Call it
 * before the first thread. */
ERR_MUST_USE enum err step_run(const char *name, step_fn *run, void *data, size_t n, struct diag *d);

/* End the child that step_run() made, at once and from any thread, as if its function had returned d's code with d. For
 * a watchdog: what other threads are in the middle of is left as it is. */
_Noreturn void step_end(const struct diag *d);

#endif
