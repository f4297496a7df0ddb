/* people.h - the persons in the room: who is there, who confirms, what they type. Everything is asked for on the screen and
 * read from standard input, a line at a time. */
#ifndef ROOTSEAL_ROOM_PEOPLE_H
#define ROOTSEAL_ROOM_PEOPLE_H

#include "room/room.h"

/* Read one line that a person types, without its newline. E_STOPPED at the end of the input, or when `stop` was typed. */
ERR_MUST_USE enum err people_read(char *out, size_t cap, struct diag *d);

/* Have at least three words of this digest typed, which stand on the screen; what says of what (N_()). A slip is told, and typing
 * goes on from there, three times in all (officer/typed.h). E_NOT_CONFIRMED, E_STOPPED. */
ERR_MUST_USE enum err people_words(const uint8_t digest[DIGEST_LEN], const char *what, struct diag *d);

/* At the beginning: everybody whom the file names types their initials; three tries each. E_ABSENT. Adds `present`. */
ERR_MUST_USE enum err people_present(struct room *r, struct diag *d);

/* The persons of the step type their initials, in the order of the file. Those who did before an interruption are asked
 * again. Adds `confirm`. E_ABSENT. */
ERR_MUST_USE enum err people_confirm(struct room *r, const struct script_step *s, struct diag *d);

/* What to do about a step that failed with `failure`: try again, record an exception and go on, or stop. */
enum people_choice { PEOPLE_AGAIN, PEOPLE_EXCEPTION, PEOPLE_STOP };
ERR_MUST_USE enum err people_choose(struct room *r, const struct script_step *s, bool exception_allowed,
                                    enum people_choice *out, struct diag *d);

/* The reason, and the initials of two persons. Adds `exception`. */
ERR_MUST_USE enum err people_exception(struct room *r, const struct script_step *s, enum err code, struct diag *d);

#endif
