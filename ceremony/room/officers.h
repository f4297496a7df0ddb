/* officers.h - who has a key in the room signs with it; a quorum of officers puts their names to a digest. */
#ifndef ROOTSEAL_ROOM_OFFICERS_H
#define ROOTSEAL_ROOM_OFFICERS_H

#include "batch/authorise.h"
#include "room/room.h"

/* What is signed: work of the hand that reaches the key. */
struct officers_work {
    enum err (*sign)(void *arg, const struct policy_officer *who, const struct authorise_hand *hand, struct diag *d);
    void *arg;
};

/* Ask this person, of whom id and certificate matter, for the file or the token with the key, and have it sign. A key that does
 * not open, or is not that of the certificate, is told, and asked for again. *signed_ is false when nothing was named.
 * E_STOPPED, and what the work returns. */
ERR_MUST_USE enum err officers_ask(const struct room *r, const struct policy_officer *who, const struct officers_work *work,
                               bool *signed_, struct diag *d);

/* Have three or more words of the digest typed, which stood on the screen with all that it stands for; name says of what (N_()). Then ask the
 * officers of the ceremony's file, in its order, for their key files and passphrases until a quorum has signed it
 * (batch/authorise.h) in the folder dir_fd. Those who did before are not asked again, and one whose key does not open is
 * asked once more or passed over. Nothing of it needs the token. E_NOT_CONFIRMED, E_QUORUM, E_STOPPED. */
ERR_MUST_USE enum err officers_sign(struct room *r, int dir_fd, const struct authorise_what *what, const char *name,
                                    struct diag *d);

#endif
