/* stick.h - the stick that somebody plugs in for one action. */
#ifndef ROOTSEAL_INIT_STICK_H
#define ROOTSEAL_INIT_STICK_H

#include "core/diag.h"
#include "core/file.h"
#include "media.h"

/* Have a stick plugged in, choose between several, and mount it (media_mount()). E_STOPPED when nobody does; as
 * media_mount(). */
ERR_MUST_USE enum err stick_mount(bool writable, struct diag *d);

/* While a ceremony runs sticks come and go: one that was pulled is unmounted, and the one stick that is in is mounted,
 * as stick_follow_begin() said. With several nothing is mounted until one is left. */
void stick_follow_begin(bool writable);
void stick_follow(void);

/* Paths on the mounted stick, "/" first, that end so: files there and in folders at most `depth` below; sorted. With
 * E_OK there is one at least; E_MEDIUM when there is none. Free with file_list_free(). What is no plain name
 * (text_is_token()) is passed over. */
ERR_MUST_USE enum err stick_find(const char *ending, int depth, struct file_list *out, struct diag *d);

/* The same, and the person chooses one, unless there is only one; `path` begins with MEDIA_STICK. */
#define STICK_PATH 400
ERR_MUST_USE enum err stick_choose(const char *what, const char *ending, int depth, char path[STICK_PATH],
                                   struct diag *d);

#endif
