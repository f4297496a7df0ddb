/* machine.h - the machine around the programs: mounts, settings of the kernel, interfaces, power. For PID 1. */
#ifndef ROOTSEAL_INIT_MACHINE_H
#define ROOTSEAL_INIT_MACHINE_H

#include "core/diag.h"

/* In the environment: the root hash of the image's verity tree, 64 hex digits, from the initrd's opener. */
#define MACHINE_IMAGE "ROOTSEAL_IMAGE"

/* Everything that is written outside of media lies in memory, below here. */
#define MACHINE_RUN "/run"

/* Mount what the initrd did not hand over: proc (nobody sees other users' processes), sys, dev, and memory on /run,
 * /tmp and /dev/shm, where nothing can be executed. E_IO and the like. */
ERR_MUST_USE enum err machine_mount(struct diag *d);

/* The kernel's settings, the last of which shuts the loading of modules: everything that is needed was loaded before.
 * Those that this kernel does not have are passed over, but that one. Environment and limits of everything that is
 * started are set, too. */
ERR_MUST_USE enum err machine_settle(struct diag *d);

/* There is no network interface but lo. E_SANDBOX, naming the others, when there is one; *names has them all either
 * way. */
#define MACHINE_NAMES 160
ERR_MUST_USE enum err machine_network(const char *folder, char names[MACHINE_NAMES], struct diag *d);
#define MACHINE_INTERFACES "/sys/class/net"

/* Write a text to a file of proc or sys, in one call. E_IO and the like. */
ERR_MUST_USE enum err machine_write(const char *path, const char *text, struct diag *d);

/* End every process, first by asking. For PID 1. */
void machine_end_processes(void);

/* Write what is not written yet, unmount, and power off. Never returns. */
_Noreturn void machine_power_off(void);

#endif
