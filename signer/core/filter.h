/* filter.h - the system calls that a process may still make (seccomp). A filter is for good and for all threads to come, and
 * what one forbids no later one allows again. E_SANDBOX where the kernel has none, or it is not loaded.
 */
#ifndef ROOTSEAL_CORE_FILTER_H
#define ROOTSEAL_CORE_FILTER_H

#include <stdbool.h>

#include "core/diag.h"

/* For every program (core/guard.h): no socket but a local one (a smart-card daemon's), no other program started, no tracing,
 * no kernel modules, mounts or namespaces, no file's mode, owner or attributes changed by its name, no clock set, nothing
 * typed into the terminal. What is forbidden fails with EPERM. */
ERR_MUST_USE enum err filter_every(struct diag *d);

/* From here on only system calls that work on files, memory, time and threads of one's own. Any socket, program, other
 * process or executable memory ends the process with SIGSYS; whatever else fails with EPERM. After sandbox_enter(). */
ERR_MUST_USE enum err filter_strict(struct diag *d);

/* For a process that loads a PKCS#11 module, which is not our code: from here on it can start no process that would
 * outlive it and change no file's mode or owner; without `sockets` it can reach no service of this machine either. What
 * is forbidden fails with EPERM. After sandbox_enter(). */
ERR_MUST_USE enum err filter_module(bool sockets, struct diag *d);

#endif
