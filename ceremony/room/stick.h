/* stick.h - the sticks of a ceremony. Each is known by what is in one file on it, which its `medium` step names.
 *
 * Names in the ceremony file are those of files and folders on a stick. With --media no symbolic link is followed on the way
 * to them: what lies on a stick is a stranger's. Without it the file says where they are, and the way there is its own.
 */
#ifndef ROOTSEAL_ROOM_STICK_H
#define ROOTSEAL_ROOM_STICK_H

#include "room/room.h"

/* Say which stick to plug in: its file and, when it is not NULL, the SHA-256 of that, 64 hex digits. E_SCRIPT. */
ERR_MUST_USE enum err stick_name(const struct script_step *medium, const char *digest, struct diag *d);

/* SHA-256 of the file that this stick is known by, on whatever stick is there. E_MEDIUM, E_MEDIUM_FILE, E_MEDIUM_LIMIT, E_IO. */
ERR_MUST_USE enum err stick_digest(const struct room *r, const struct script_step *medium, char hex[DIGEST_HEX], struct diag *d);

/* What this step needs is at hand. The stick of the last medium step before it is looked at: it is the one that was in then,
 * also when those present made an exception of it. Another one, or none, and they are asked for it, once: E_EXPECTATION, recorded,
 * when it is another still; E_STOPPED; else as stick_digest(). Nothing is asked while it is in. */
ERR_MUST_USE enum err stick_at_hand(struct room *r, const struct script_step *s, struct diag *d);

#endif
