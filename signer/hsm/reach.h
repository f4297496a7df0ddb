/* reach.h - the files a PKCS#11 module works with: what a process that signs must keep within reach, and no more. */
#ifndef ROOTSEAL_HSM_REACH_H
#define ROOTSEAL_HSM_REACH_H

#include "core/sandbox.h"

/* Allow: to read the module and the plain files beside it, and the system's programs, libraries and settings; to read and write
 * where services keep their state (/var/lib, /var/opt), the terminal, the sources of chance, USB devices (readers and
 * tokens), and the folder of tokens that SoftHSM's configuration names. No disk, and nothing that is mounted elsewhere:
 * a medium lies beyond. `more` names what a vendor's module wants besides, its device for example, separated by colons;
 * NULL is allowed. E_SANDBOX. */
ERR_MUST_USE enum err reach_module(struct sandbox *s, const char *module, const char *more, struct diag *d);

#endif
