/* shelf.h - a folder of files that are written once, for others to read and to copy: what lies there is never replaced by something
 * else. */
#ifndef ROOTSEAL_AUDIT_SHELF_H
#define ROOTSEAL_AUDIT_SHELF_H

#include "core/buf.h"
#include "core/diag.h"

/* Where a file is while it is written; one that an interrupted run left is replaced by the next one. */
#define SHELF_NEW ".new"

struct shelf {
    int fd;                  /* the folder, locked */
    uint64_t added, present; /* files that shelf_keep() wrote, and found */
};

/* Open a folder that is there. E_MEDIUM when it is not, E_STATE_LOCKED when another program writes to it. End with shelf_close(), on
 * failure too. */
ERR_MUST_USE enum err shelf_open(const char *path, struct shelf *out, struct diag *d);
/* The same with the folder in which the file at this path lies, or will; *name is what it is called there. */
ERR_MUST_USE enum err shelf_open_of(const char *path, struct shelf *out, const char **name, struct diag *d);
void shelf_close(struct shelf *s);

/* Is a file there at this path? *there; E_LOG_PUBLISHED when it has other bytes. */
ERR_MUST_USE enum err shelf_look(const struct shelf *s, const char *path, struct span bytes, bool *there, struct diag *d);

/* Put a file there, at a path of at most 255 characters whose folders are made; files 0644, folders 0755, safely on the medium when it
 * returns. E_LOG_PUBLISHED when there is one with other bytes: it stays. */
ERR_MUST_USE enum err shelf_keep(struct shelf *s, const char *path, struct span bytes, struct diag *d);

/* The one kind of file that does change, in the folder itself: after a crash the old one is there or the new one, whole. */
ERR_MUST_USE enum err shelf_replace(struct shelf *s, const char *name, struct span bytes, struct diag *d);

#endif
