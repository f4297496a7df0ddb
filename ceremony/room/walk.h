/* walk.h - through the ceremony: each step is shown, confirmed, done, checked and recorded, and the next begins. */
#ifndef ROOTSEAL_ROOM_WALK_H
#define ROOTSEAL_ROOM_WALK_H

#include "room/enter.h"

/* Walk on from the first step that is not done. Consecutive steps that need the token are walked in one process of their
 * own, with one login. E_STOPPED when those present stopped; E_ABSENT; what the record, the state and the token say when
 * nobody can decide about it. Whatever it returns, the same call goes on. */
ERR_MUST_USE enum err walk_run(const struct room_place *place, const struct script *script, struct diag *d);

#endif
