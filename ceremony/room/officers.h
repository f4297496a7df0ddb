/* officers.h - the officers in the room put their names to a digest. */
#ifndef ROOTSEAL_ROOM_OFFICERS_H
#define ROOTSEAL_ROOM_OFFICERS_H

#include "room/room.h"

/* Have three or more words of this digest typed, which stood on the screen with all that it stands for (`what`). Then ask the
 * officers of the ceremony's file, in its order, for their key files and passphrases until a quorum has signed it
 * (batch/authorise.h) in the folder dir_fd. Those who did before are not asked again, and one whose key does not open is
 * asked once more or passed over. Nothing of it needs the token. E_NOT_CONFIRMED, E_QUORUM, E_STOPPED. */
ERR_MUST_USE enum err officers_sign(struct room *r, int dir_fd, const uint8_t digest[DIGEST_LEN], const char *what,
                                    struct diag *d);

#endif
