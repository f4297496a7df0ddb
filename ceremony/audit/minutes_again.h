/* minutes_again.h - the minutes of a ceremony, written again from its file, its transcript and the log. */
#ifndef ROOTSEAL_AUDIT_MINUTES_AGAIN_H
#define ROOTSEAL_AUDIT_MINUTES_AGAIN_H

#include "core/diag.h"
#include "log/record.h"

struct audit;
struct transcripts_entry;

/* Whoever can write to the state could write other minutes and a line with their digest: they follow from the record, and must be
 * what it gives, to the byte. E_ARCHIVE when they are not, E_TRANSCRIPT when it does not fit the log. Left open where another
 * version, another policy or another language than this program's has written them. */
ERR_MUST_USE enum err minutes_again_check(struct audit *a, int dir_fd, const struct record *r, const struct transcripts_entry *t,
                                          struct diag *d);

#endif
