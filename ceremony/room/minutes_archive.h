/* minutes_archive.h - the minutes from the files of a ceremony's record: to write them, and to write them again and compare. */
#ifndef ROOTSEAL_ROOM_MINUTES_ARCHIVE_H
#define ROOTSEAL_ROOM_MINUTES_ARCHIVE_H

#include "room/minutes.h"

/* Read the transcript in the record's folder, for looking only: an array of its events, to be json_decref()ed. A torn last line
 * is left out. E_TRANSCRIPT when a line is not one of ours, E_IO when there is none. */
ERR_MUST_USE enum err minutes_events(int dir_fd, json_t **out, struct diag *d);

/* Make the minutes of this ceremony from the transcript in its record and the log in the state, in this language (it goes into
 * <html lang>; the texts are those of the locale). Errors of minutes_events(), minutes_facts_read() and minutes_write().
 * minutes_free() them, on failure too. */
ERR_MUST_USE enum err minutes_make(int state_fd, int dir_fd, const struct script *s, const char *language, struct minutes *out,
                                   struct diag *d);

/* The language that a minutes.html says it is in; "" when it says none. */
#define MINUTES_LANGUAGE 16
void minutes_language(struct span html, char out[MINUTES_LANGUAGE]);

#endif
