/* officers.h - the officers in the room put their names to a digest. */
#ifndef ROOTSEAL_ROOM_OFFICERS_H
#define ROOTSEAL_ROOM_OFFICERS_H

#include "batch/authorise.h"
#include "room/room.h"

/* Have three or more words of the digest typed, which stood on the screen with all that it stands for; name says of what (N_()). Then ask the
 * officers of the ceremony's file, in its order, for their key files and passphrases until a quorum has signed it
 * (batch/authorise.h) in the folder dir_fd. Those who did before are not asked again, and one whose key does not open is
 * asked once more or passed over. Nothing of it needs the token. E_NOT_CONFIRMED, E_QUORUM, E_STOPPED. */
ERR_MUST_USE enum err officers_sign(struct room *r, int dir_fd, const struct authorise_what *what, const char *name,
                                    struct diag *d);

#endif
