/* progress.h - how a long job tells how far it is. */
#ifndef ROOTSEAL_CORE_PROGRESS_H
#define ROOTSEAL_CORE_PROGRESS_H

#include <stdint.h>

/* The job calls step(arg, done, total) now and then, in units of its own. Where a pointer to this is passed, NULL is
 * silence. cli_progress_step() is such a step. */
struct progress {
    void (*step)(void *arg, uint64_t done, uint64_t total);
    void *arg;
};

#endif
