/* people.h - the persons in the room: who is there, who confirms, what they type. Everything is asked for on the screen and
 * read from standard input, a line at a time. */
#ifndef ROOTSEAL_ROOM_PEOPLE_H
#define ROOTSEAL_ROOM_PEOPLE_H

#include "officer/typed.h"
#include "room/room.h"

/* Read one line that a person types, without its newline. E_STOPPED at the end of the input, or when `stop` was typed. */
ERR_MUST_USE enum err people_read(char *out, size_t cap, struct diag *d);

/* Have at least three words of this digest typed, which stand on the screen; what says of what (N_()). A slip is told, and typing
 * goes on from there, three times in all (officer/typed.h). E_NOT_CONFIRMED, E_STOPPED. */
ERR_MUST_USE enum err people_words(const uint8_t digest[DIGEST_LEN], const char *what, struct diag *d);

/* The same, or the content of a QR code, whole, which `code` knows: what it says of one ends it. */
ERR_MUST_USE enum err people_words_or_code(const uint8_t digest[DIGEST_LEN], const char *what, typed_other *code, void *arg,
                                           struct diag *d);

/* At the beginning: everybody whom the file names types their initials; three tries each. E_ABSENT. Adds `present`. */
ERR_MUST_USE enum err people_present(struct room *r, struct diag *d);

/* The persons of the step type their initials, in the order of the file. Those who did before an interruption are asked
 * again. Adds `confirm`. E_ABSENT. */
ERR_MUST_USE enum err people_confirm(struct room *r, const struct script_step *s, struct diag *d);

struct people_trouble {
    enum err code;
    const struct diag *why; /* in detail */
    const char *about; /* the part of the step that it is about, e.g. a person; NULL: all of it */
    bool exception;    /* it may go on without it */
};

/* Tell what went wrong, and have those present decide: to try it again (*again), to go on without it, with a reason and the
 * initials of two persons, or to stop. Adds `failed`, and `exception`. E_STOPPED, E_ABSENT. */
ERR_MUST_USE enum err people_settle(struct room *r, const struct script_step *s, const struct people_trouble *t, bool *again,
                                    struct diag *d);

#endif
