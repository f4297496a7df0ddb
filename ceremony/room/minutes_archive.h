/* minutes_archive.h - the minutes from the files of a ceremony's record: to write them, and to write them again and compare. */
#ifndef ROOTSEAL_ROOM_MINUTES_ARCHIVE_H
#define ROOTSEAL_ROOM_MINUTES_ARCHIVE_H

#include "room/minutes.h"

/* The language of the programs, as <html lang> has it. */
#define MINUTES_IN "en"

/* Make the minutes of this ceremony from the transcript in its record and the log in the state, in this language (it goes into
 * <html lang>; the texts are those of the locale). Errors of extent_read(), minutes_facts_read() and minutes_write().
 * minutes_free() them, on failure too. */
ERR_MUST_USE enum err minutes_make(int state_fd, int dir_fd, const struct script *s, const char *language, struct minutes *out,
                                   struct diag *d);

/* Find the line `minutes` of this ceremony in the log; *found is false when there is none, or no log. record_free() it. The
 * log's errors. */
ERR_MUST_USE enum err minutes_line(int state_fd, const char *ceremony, struct record *out, bool *found, struct diag *d);

/* Are these the minutes of that line? E_ARCHIVE naming what differs. */
ERR_MUST_USE enum err minutes_compare(const struct minutes *m, const struct record *line, struct diag *d);

/* The language that a minutes.html says it is in; "" when it says none. */
#define MINUTES_LANGUAGE 16
void minutes_language(struct span html, char out[MINUTES_LANGUAGE]);

#endif
