/* reach.h - the files a PKCS#11 module works with: what a process that uses a token must keep within reach, and no more. */
#ifndef ROOTSEAL_HSM_REACH_H
#define ROOTSEAL_HSM_REACH_H

#include "core/sandbox.h"

/* Shut this process in, for good and before the module is loaded. What stays within reach: to read and write, the folder
 * state_fd is open on (none when it is -1), the terminal, the sources of chance, USB devices (readers and tokens), and the folder of tokens
 * that SoftHSM's configuration names; to read, the module and the plain files beside it (no links, and of thousands only
 * the module), and the system's programs and libraries. No disk, and nothing that is mounted elsewhere: a medium lies beyond. `more` names what a vendor's module
 * wants besides, to read and write, separated by colons: its settings, its device; a socket among them lets it connect to
 * services of this machine, which it cannot otherwise. NULL is allowed. Then filter_module(). E_SANDBOX, E_USAGE. */
ERR_MUST_USE enum err reach_shut_in(int state_fd, const char *module, const char *more, struct diag *d);

#endif
