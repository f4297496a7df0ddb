/* guard.h - what every Rootseal program gives up before it does anything: nothing it holds can be dumped or swapped out,
 * and it can neither reach a network nor become another program.
 */
#ifndef ROOTSEAL_CORE_GUARD_H
#define ROOTSEAL_CORE_GUARD_H

#include <stdbool.h>

#include "core/diag.h"

/* Guard the process for good: no core dump, not dumpable (so no tracing by others), no new privileges, files for the
 * owner only, no OpenSSL configuration from the environment, descriptors 0 to 2 taken, memory locked where the system
 * allows it (guard_memory_locked()), and filter_every(). Call it before the first thread. E_SANDBOX when the kernel has no such filter, E_IO when it refuses the rest. */
ERR_MUST_USE enum err guard_process(struct diag *d);

/* Lock all memory where the system allows it; a child process inherits no locks, and so does it again. */
void guard_lock_memory(void);

/* Is all memory of this process locked, or only the pages of PINs and passphrases (core/pin.h)? RLIMIT_MEMLOCK does
 * not allow the former where the program is not root. */
bool guard_memory_locked(void);

#endif
