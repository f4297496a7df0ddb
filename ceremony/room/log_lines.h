/* log_lines.h - what the log says of a ceremony: that it is under way, that the clock was compared, its exceptions. */
#ifndef ROOTSEAL_ROOM_LOG_LINES_H
#define ROOTSEAL_ROOM_LOG_LINES_H

#include "room/room.h"

/* Put into the log what the transcript has and the log has not yet, sync, and tell the token. The state is open and the
 * token logged in. A line can come twice when the power fails in between; that says nothing false. */
ERR_MUST_USE enum err log_lines_write(struct room *r, struct diag *d);

#endif
