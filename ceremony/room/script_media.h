/* script_media.h - where a ceremony's sticks are plugged in. */
#ifndef ROOTSEAL_ROOM_SCRIPT_MEDIA_H
#define ROOTSEAL_ROOM_SCRIPT_MEDIA_H

#include "room/script.h"

/* What the file names on sticks (`from`, `to`) lies below this folder. E_SCRIPT when a name leads out of it: it begins with a
 * slash, or has `..` in it; E_NO_MEMORY. */
ERR_MUST_USE enum err script_under_media(struct script *s, const char *media, struct diag *d);

#endif
