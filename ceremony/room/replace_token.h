/* replace_token.h - a token was lost or broken, and another one that has the same keys takes its place. */
#ifndef ROOTSEAL_ROOM_REPLACE_TOKEN_H
#define ROOTSEAL_ROOM_REPLACE_TOKEN_H

#include "batch/state.h"
#include "hsm/hsm.h"

/* Show where the log stands: the head that those present compare with what they have from elsewhere, since the lost
 * token can be asked no more. Printed with its words. */
void replace_token_show(const struct state *s);

/* See that the token can take the place: it keeps no head of another log (E_TOKEN_USED), and an older one of this log
 * holds (E_LOG_ROLLED_BACK); the log key of the log is on it and signs (E_KEY_MISSING and the like). Keys of the log
 * that are not on it are told, and must be named in `without` (names with commas between them, or NULL): E_KEY_MISSING. Lines
 * behind `heard`, what the old token is known to have known (size 0: nothing), and behind the last seal are looked at as
 * untold.h says, for the new token will vouch for them. Then append the token line, seal the log, and tell the token. */
ERR_MUST_USE enum err replace_token(struct state *s, struct hsm *h, const char *without, const struct log_position *heard,
                                    struct diag *d);

#endif
