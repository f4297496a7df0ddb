/* map.h - a whole file as bytes, without a copy. */
#ifndef ROOTSEAL_CORE_MAP_H
#define ROOTSEAL_CORE_MAP_H

#include "core/buf.h"
#include "core/diag.h"

/* Map the regular file `name` below dirfd for reading; for files of our own state, which nobody else changes. An empty
 * file gives an empty span. Errors of file_read(). End with map_close(). */
ERR_MUST_USE enum err map_open(int dirfd, const char *name, size_t max, struct span *out, struct diag *d);
void map_close(struct span *s);

#endif
