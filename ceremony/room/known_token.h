/* known_token.h - the policy's token, when the state knows it already: by its serial number, where two have the same
 * name. */
#ifndef ROOTSEAL_ROOM_KNOWN_TOKEN_H
#define ROOTSEAL_ROOM_KNOWN_TOKEN_H

#include "batch/state.h"
#include "hsm/hsm.h"

/* hsm_open() with the program's policy. When several tokens fit the policy, and there is a state (or NULL), the one
 * that it knows is opened. */
ERR_MUST_USE enum err known_token_open(const char *module, const struct state *s, const struct hsm_patience *patience,
                                       struct hsm **out, struct diag *d);

/* hsm_open_second(): the token that fits the policy and has this serial number; NULL: the one that there is besides h. */
ERR_MUST_USE enum err known_token_second(struct hsm *h, const char *serial, struct hsm **out, struct diag *d);

#endif
