/* memory_sweep.h - a function called again and again, the first, the second, ... allocation failing, alone or with all that
 * follow, until none fails any more. It must succeed, with the same result as with all its memory, or say so; and with SAN=1
 * nothing may leak. */
#ifndef ROOTSEAL_TESTS_MEMORY_SWEEP_H
#define ROOTSEAL_TESTS_MEMORY_SWEEP_H

#include "core/diag.h"
#include "memory.h"

/* d is what the call fills, emptied before each; *differs is what it sets when it succeeds with another result than the
 * first time: told here, for Check allocates too. */
void memory_sweep(const char *name, enum err (*call)(void), struct diag *d, const bool *differs);
/* The same for every step-th allocation, where all would take too long. */
void memory_sweep_every(uint64_t step, const char *name, enum err (*call)(void), struct diag *d, const bool *differs);

#endif
