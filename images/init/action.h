/* action.h - what the console's menu does. Each tells what it does and what came of it on standard output, and asks at
 * the terminal. All return E_STOPPED when the person leaves it, E_STEP when a program that was shown at work did not
 * end well, and the codes of what they call. */
#ifndef ROOTSEAL_INIT_ACTION_H
#define ROOTSEAL_INIT_ACTION_H

#include "core/diag.h"
#include "mode.h"

typedef enum err action(enum mode mode, struct diag *d);

/* action_state.c: the state medium, the training token, where everything stands */
action action_open, action_make, action_token, action_status, action_verify;

/* action_module.c: a vendor's PKCS#11 module, from a signed stick */
action action_module;

/* action_ceremony.c */
action action_ceremony, action_minutes, action_copy_state;

/* action_batch.c: from the stick that an RA sent to the stick that it gets back */
action action_plan, action_authorise, action_sign, action_export;

#endif
