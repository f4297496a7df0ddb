/* enter.h - into the room: the record's folder, the file and the transcript; and, for the steps that need it, the token. */
#ifndef ROOTSEAL_ROOM_ENTER_H
#define ROOTSEAL_ROOM_ENTER_H

#include "room/room.h"

/* Open, or begin, the record of this ceremony below the state's folder. E_SCRIPT_OTHER when it was begun with another file;
 * E_TRANSCRIPT; errors of the folders. End with room_leave(), on failure too. */
ERR_MUST_USE enum err room_enter(const struct room_place *place, const struct script *script, struct room *out,
                                 struct diag *d);

/* Open the state, if there is one, shut the process in, and open the token and log in: then the log is compared with the
 * head in the token and with the ceremony that this one follows. from: the step that it is for; 0 for none, then r->done
 * says which one is next. A step that replaces the log's token looks at its token itself; when such a one is next, the log's may
 * be lost. E_SCRIPT_FOLLOWS, and the codes of all those. For good: in a process of its own. */
ERR_MUST_USE enum err room_open_token(const struct room_place *place, struct room *r, int from, struct diag *d);

void room_leave(struct room *r);

#endif
