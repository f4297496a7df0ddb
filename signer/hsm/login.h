/* login.h - persons log in to the token: by its own pad, the terminal, or a file descriptor. */
#ifndef ROOTSEAL_HSM_LOGIN_H
#define ROOTSEAL_HSM_LOGIN_H

#include "hsm/hsm.h"

#define LOGIN_PARTS_MAX 2

/* Get the PIN and log in. Where it comes from: pin_fd >= 0, the file descriptor; else the token's pad when it has one; else
 * the terminal. With parts 2 it is in two parts that two persons know, each asked for by itself (of a file, each a line), and
 * joined in locked memory; 1 is the rule. A pad takes it whole.
 *
 * Before a person is asked, token, lengths and what the token says of tries left are told. A PIN that the token cannot have
 * is a typing error and not tried (pin_read()). One that the token refuses was tried once, and is never tried again by the
 * program: at terminal and pad the person is told what is left and asked whether to type again; from a file it ends here
 * with E_PIN_WRONG. A locked PIN is not tried at all: E_PIN_LOCKED.
 *
 * The PIN is wiped whatever comes. E_USAGE when parts is neither, E_PIN_LENGTH, errors of pin_read() and hsm_login(). */
ERR_MUST_USE enum err login_run(struct hsm *h, int pin_fd, int parts, struct diag *d);

#endif
