/* log_lines.h - what the log says of a ceremony: that it is under way, that the clock was compared, and each step's end with the
 * digest of the transcript up to there. */
#ifndef ROOTSEAL_ROOM_LOG_LINES_H
#define ROOTSEAL_ROOM_LOG_LINES_H

#include "room/past.h"
#include "room/room.h"

/* What the log says of this ceremony is what its record says: E_SCRIPT_OTHER when it was begun with another file,
 * E_TRANSCRIPT when the transcript does not begin as it was when the last of the steps was over that the log tells of. */
ERR_MUST_USE enum err log_lines_check(const struct room *r, const struct past *past, struct diag *d);

/* Put the end of every step that is over (r->done) and that the log does not tell of into it, sync, and tell the token.
 * The state is open and the token logged in. First log_lines_check(). */
ERR_MUST_USE enum err log_lines_write(struct room *r, struct diag *d);

/* Append that step n is done, with the transcript's digest up to there; nothing else. */
ERR_MUST_USE enum err log_lines_step(struct room *r, int n, const uint8_t transcript[DIGEST_LEN], struct diag *d);

#endif
