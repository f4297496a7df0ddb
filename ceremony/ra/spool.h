/* spool.h - what is too large for memory, in a file of our own that has no name: what was read once is what is used, and only
 * the part that is looked at takes memory.
 *
 * Where the system refuses something for another reason than those listed: E_DISK_FULL, E_READ_ONLY, E_NO_MEMORY or E_IO.
 */
#ifndef ROOTSEAL_RA_SPOOL_H
#define ROOTSEAL_RA_SPOOL_H

#include "core/file.h"

/* Zero-initialised it is none, and its content empty. End with spool_free(). */
struct spool {
    int fd;
    const uint8_t *map; /* of the file; NULL for none */
    size_t room;        /* bytes mapped */
    struct span content;
};

/* Open the folder in which spools lie while they are used: this one, or, when it is yet to be made, the one it will be in.
 * E_MEDIUM when neither is there. The descriptor is the caller's to close. */
ERR_MUST_USE enum err spool_folder(const char *path, int *fd, struct diag *d);

/* An empty one, for at most so many bytes. */
ERR_MUST_USE enum err spool_make(int folder, size_t room, struct spool *out, struct diag *d);

/* Append bytes; *kept (may be NULL) is where they are, until spool_free(). */
ERR_MUST_USE enum err spool_append(struct spool *s, struct span bytes, struct span *kept, struct diag *d);

/* Copy the regular file `name` below dirfd, as file_take_all() reads it, handing each piece to also(), too (NULL: nobody).
 * Errors of file_take_all() and of also(). */
ERR_MUST_USE enum err spool_copy(int folder, int dirfd, const char *name, size_t max, file_take *also, void *arg,
                                 struct spool *out, struct diag *d);

/* Give the memory back that looking at the content took. The content stays where it is, and looking again reads it again. */
void spool_let_go(const struct spool *s);

void spool_free(struct spool *s);

/* How much to look at before letting go. */
#define SPOOL_STRIDE (1u << 20)

#endif
