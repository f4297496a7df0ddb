/* login.h - a person logs in to the token: by its own pad, the terminal, or a file descriptor. */
#ifndef ROOTSEAL_HSM_LOGIN_H
#define ROOTSEAL_HSM_LOGIN_H

#include "hsm/hsm.h"

/* Get the PIN (pin_fd >= 0: from there; else the token's pad when it has one; else the terminal, naming the token and
 * saying so when only one try is left) and log in once. The PIN is wiped whatever comes. Errors of pin_read() and
 * hsm_login(). */
ERR_MUST_USE enum err login_run(struct hsm *h, int pin_fd, struct diag *d);

#endif
