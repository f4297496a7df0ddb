/* step.h - one step of the way of the data in a process of its own, so that it can be shut in (core/sandbox.h) without
 * shutting in the steps that follow, and so that nothing it held outlives it.
 */
#ifndef ROOTSEAL_CORE_STEP_H
#define ROOTSEAL_CORE_STEP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/diag.h"

struct step {
    const char *name; /* the process is named so, too */

    /* Does the step's work in the child. `data` is what the parent gave; what the function changes in it the parent
     * gets back. It must be a plain value: no pointer in it means anything to the parent. */
    enum err (*run)(void *data, struct diag *d);

    /* In the parent, before it believes what came back: false when the data is none that an honest step returns. It may
     * set right what follows from other parts. NULL when no value of the data can do harm. */
    bool (*settle)(void *data);

    /* An open file descriptor that the child keeps besides the three standard ones; -1: none, and then its standard input is
     * /dev/null. All others are closed. */
    int keep_fd;
};

/* Run the step in a child process and wait for it. What the function returned comes back with its diag; data (n bytes)
 * comes back whatever it returned. Locks and open files of the child end with it. The child is ended with this process;
 * SIGINT, SIGTERM, SIGHUP and SIGQUIT end the child first, so that it can put the terminal right, and then this process.
 * E_STEP when the child ended without an answer that can be believed: the diag names the step and the signal, and data
 * is unchanged. Call it before the first thread. */
ERR_MUST_USE enum err step_run(const struct step *step, void *data, size_t n, struct diag *d);

/* Is there, in at most cap bytes, a string of printable ASCII and its NUL? For settle(). */
bool step_is_text(const char *s, size_t cap);

/* End the child that step_run() made, at once and from any thread, as if its function had returned d's code with d. For
 * a watchdog: what other threads are in the middle of is left as it is. */
_Noreturn void step_end(const struct diag *d);

#endif
