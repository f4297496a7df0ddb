/* minutes_archive.h - the minutes from the files of a ceremony's record: to write them, and to write them again and compare. */
#ifndef ROOTSEAL_ROOM_MINUTES_ARCHIVE_H
#define ROOTSEAL_ROOM_MINUTES_ARCHIVE_H

#include "room/minutes.h"

/* Make the minutes of this ceremony from the transcript in its record and the log in the state, in the language that i18n_start() chose.
 * Errors of extent_read(), minutes_facts_read() and minutes_write().
 * minutes_free() them, on failure too. */
ERR_MUST_USE enum err minutes_make(int state_fd, int dir_fd, const struct script *s, struct minutes *out, struct diag *d);

/* Find the line `minutes` of this ceremony in the log; *found is false when there is none, or no log. record_free() it. The
 * log's errors. */
ERR_MUST_USE enum err minutes_line(int state_fd, const char *ceremony, struct record *out, bool *found, struct diag *d);

/* Are these the minutes of that line? E_ARCHIVE naming what differs. */
ERR_MUST_USE enum err minutes_compare(const struct minutes *m, const struct record *line, struct diag *d);

#define MINUTES_LANGUAGE 16
/* The language chosen, as <html lang> has it (BCP 47). */
void minutes_own_language(char out[MINUTES_LANGUAGE]);
/* The language that a minutes.html says it is in; "" when it says none. */
void minutes_language(struct span html, char out[MINUTES_LANGUAGE]);

#endif
