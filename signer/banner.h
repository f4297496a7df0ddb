/* banner.h - which policy is at work, said first by signer and ceremony. */
#ifndef ROOTSEAL_BANNER_H
#define ROOTSEAL_BANNER_H

#include "batch/state.h"

/* state_open() with the program's own policy, after one line on stdout with the policy's name and digest: the officers
 * compare it with the page they signed when the image was built. E_STATE_POLICY when the state is under another policy. */
ERR_MUST_USE enum err banner_open_state(const char *path, enum state_trust trust, struct state *out, struct diag *d);

/* The line alone; a second one tells when memory is not locked (core/guard.h). */
ERR_MUST_USE enum err banner_print(const struct policy *p, struct diag *d);

#endif
