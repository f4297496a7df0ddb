/* group.h - many files made durable together, for the medium is slow to sync: a hundred thousand one by one take hours. */
#ifndef ROOTSEAL_RA_GROUP_H
#define ROOTSEAL_RA_GROUP_H

#include "ra/spool.h"

#define GROUP_FILES 512
#define GROUP_NAME 128 /* with its NUL */

/* Files written under temporary names, and not yet under their own. Zero-initialise but for top; end with group_drop(). */
struct group {
    int top; /* a folder below which all of them lie, on the same file system */
    size_t n;
    struct {
        int fd; /* the folder, which must stay open */
        char name[GROUP_NAME];
    } files[GROUP_FILES];
};

/* Write the file `name` below fd; from is the spool in which the bytes lie, NULL for none. It has its name after group_end(), or
 * earlier: in any case only once its content is durable, as with file_write(). */
ERR_MUST_USE enum err group_put(struct group *g, int fd, const char *name, struct span bytes, const struct spool *from,
                                struct diag *d);

/* Give those that wait their names. The names are durable when their folders were synced. */
ERR_MUST_USE enum err group_end(struct group *g, struct diag *d);

/* Remove those that wait. */
void group_drop(struct group *g);

#endif
