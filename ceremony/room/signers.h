/* signers.h - those present who have a key sign the minutes with it, before the log's key has the last word. Nothing of it needs
 * the token. */
#ifndef ROOTSEAL_ROOM_SIGNERS_H
#define ROOTSEAL_ROOM_SIGNERS_H

#include "room/minutes.h"
#include "room/room.h"

/* Ask everybody whom the ceremony's file names, in its order, who has a certificate: for the key, for the first words of the
 * digest of minutes.html, which stand on the screen, and for the passphrase or PIN; what the person signs is that of
 * minutes_sign.h. Who cannot is excepted, with a reason and two persons: E_UNSIGNED. Those who have signed, and those
 * excepted since the program was started, are not asked again. Adds `signed` for each signature that is there. E_STOPPED. */
ERR_MUST_USE enum err signers_ask(struct room *r, const struct script_step *s, const struct minutes *m, struct diag *d);

/* Has everybody signed, or been excepted? E_UNSIGNED, naming who has not. */
ERR_MUST_USE enum err signers_check(const struct room *r, const struct script_step *s, const struct minutes *m, struct diag *d);

#endif
