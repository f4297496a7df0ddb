/* process.h - start an installed program with fixed arguments, and wait for it. No shell, no search in a path. */
#ifndef ROOTSEAL_INIT_PROCESS_H
#define ROOTSEAL_INIT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/diag.h"

#define PROCESS_OUTPUT (64 * 1024) /* bytes that are kept of what a program prints */

/* Zero-initialise, and set argv. */
struct process {
    const char *const *argv; /* ends with NULL; argv[0] is the whole path */
    const char *folder;      /* that it works in; NULL: where we do */
    struct span
        input; /* what its standard input holds, handed over by a pipe, at most PIPE_BUF bytes; with terminal: none */
    bool terminal;           /* it has the terminal: what it prints is seen, what is typed it reads, and ^C ends it */
    struct buf *output;      /* else: what it prints, both streams, is appended here; NULL: nobody wants it */
    void (*meanwhile)(void); /* called a few times a second while it runs; may be NULL */
};

/* Run it to its end. *status is its exit status, 128 and the signal when one ended it. E_IO when it cannot be started.
 */
ERR_MUST_USE enum err process_run(const struct process *p, int *status, struct diag *d);

/* The same; E_STEP, with the last line that it printed, when the status is not 0. */
ERR_MUST_USE enum err process_must(const struct process *p, struct diag *d);

/* The terminal of this process, descriptor 0, as a person needs it: lines, echo, ^C, no ^Z, UTF-8. False when it is
 * none. */
bool process_terminal(void);

#endif
