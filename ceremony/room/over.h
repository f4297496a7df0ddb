/* over.h - a ceremony that is over already: nothing of it is walked again. */
#ifndef ROOTSEAL_ROOM_OVER_H
#define ROOTSEAL_ROOM_OVER_H

#include "room/script.h"

/* Does the log in the folder `state` tell that all steps of this ceremony, by this very file, are over, under a seal that the log key
 * signed? When it does, that is said, with where its record lies. Without such a seal an interruption came before it, or anybody wrote
 * the lines: false. Also when there is no log. The log's errors, those of state_open_any(). */
ERR_MUST_USE enum err over_tell(const char *state, const struct script *s, bool *over, struct diag *d);

/* That it is over, which of its files is printed, and, when nothing stands behind it, where the log ends. The minutes were made before
 * the log's last lines, so no document has that: people write it down. past_read()'s errors. */
ERR_MUST_USE enum err over_show_end(const char *state, const struct script *s, struct diag *d);

#endif
