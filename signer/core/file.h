/* file.h - files that survive a power cut, and files that come from strangers. */
#ifndef ROOTSEAL_CORE_FILE_H
#define ROOTSEAL_CORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "core/buf.h"
#include "core/diag.h"

/* Everywhere below: `name` is one path component; what the system refuses for another reason
 * than those listed is E_DISK_FULL, E_READ_ONLY, E_NO_MEMORY or E_IO, as errno says; and a descriptor handed
 * out is the caller's to close(). */

/* Open what lies beneath dirfd and nowhere else (openat2(2)): no symbolic link is followed (ELOOP), no way out of the folder
 * taken and no mount point crossed (EXDEV). O_CLOEXEC and O_NOCTTY are added to the flags; mode is that of a file made by
 * O_CREAT, else 0. -1 with errno. */
int file_open_beneath(int dirfd, const char *name, int flags, mode_t mode);

/* Open the regular file `name` beneath dirfd for reading, and tell what it is. It may be something else by malice: a FIFO
 * or a device is not waited for. E_MEDIUM_FILE when it is not plain, or another file system is mounted there. *fd is -1 on
 * failure, and with E_OK when there is no such file. */
ERR_MUST_USE enum err file_open_regular(int dirfd, const char *name, int *fd, struct stat *st, struct diag *d);

/* Open an existing folder for openat(). *fd is -1 on failure; E_MEDIUM when it is not there or
 * not a folder. */
ERR_MUST_USE enum err file_open_dir(const char *path, int *fd, struct diag *d);

/* Open the folder `name`, which may have slashes, beneath dirfd: no symbolic link is followed on the way, and no way out taken.
 * Unlike everywhere else other file systems may be mounted on it, as sticks are. E_MEDIUM when it is not there, or it or what
 * leads to it is not a folder. *fd is -1 on failure. */
ERR_MUST_USE enum err file_open_dir_beneath(int dirfd, const char *name, int *fd, struct diag *d);

/* Open the folder that this path leads to the last component of, and point *name at that component: "" when the path ends
 * with a slash. With AT_FDCWD as a user's path is opened, file_open_dir(); else beneath dirfd, file_open_dir_beneath().
 * E_MEDIUM, E_NO_MEMORY. *fd is -1 on failure. */
ERR_MUST_USE enum err file_open_folder_of(int dirfd, const char *path, int *fd, const char **name, struct diag *d);

/* Is there anything of this name below dirfd? A symbolic link is something, wherever it leads. */
bool file_is_there(int dirfd, const char *name);

/* Open the folder `name` below dirfd, making it (mode 0700) when it is not there, and sync
 * dirfd. No symbolic link is followed: E_MEDIUM when something else than a folder has the name, E_MEDIUM_FILE when it is a
 * mount point.
 * *fd is -1 on failure. */
ERR_MUST_USE enum err file_make_dir(int dirfd, const char *name, int *fd, struct diag *d);

/* Open the folder at this path, making its last component (mode 0700) and syncing its parent when it is not there.
 * E_MEDIUM when the parent is not there or the path is no folder. */
ERR_MUST_USE enum err file_make_path(const char *path, int *fd, struct diag *d);

/* Read the regular file `name` below dirfd whole, appended to out; on failure out is unchanged.
 * A missing file sets *found to false and is E_OK when found is not NULL, else E_IO.
 * E_MEDIUM_FILE when it is a symbolic link or anything else but a regular file (a FIFO does not
 * block), E_MEDIUM_LIMIT when it is larger than max bytes. */
ERR_MUST_USE enum err file_read(int dirfd, const char *name, size_t max, struct buf *out,
                                bool *found, struct diag *d);

/* Read a file that a user named on the command line, of whatever kind, appended to out; what was read before a failure
 * stays there. `too_large` when it has more than max bytes, E_IO when it cannot be read. */
ERR_MUST_USE enum err file_read_path(const char *path, size_t max, enum err too_large, struct buf *out, struct diag *d);

/* Make the n bytes the content of `name` below dirfd so that after a crash either the old or the
 * new content is there, whole: temporary file (name with ".tmp" added, mode 0600), write, fsync,
 * rename, fsync of the folder. A temporary file left by a crash is replaced; after a failure
 * none is left. */
ERR_MUST_USE enum err file_write(int dirfd, const char *name, const void *p, size_t n,
                                 struct diag *d);

/* The same, with these permissions, whatever the umask. */
ERR_MUST_USE enum err file_write_mode(int dirfd, const char *name, const void *p, size_t n, mode_t mode, struct diag *d);

/* Write all n bytes to fd, going on after EINTR and short writes. */
ERR_MUST_USE enum err file_write_all(int fd, const void *p, size_t n, const char *where,
                                     struct diag *d);

/* fsync and report. */
ERR_MUST_USE enum err file_sync(int fd, const char *where, struct diag *d);

/* Rename within dirfd and fsync dirfd. An existing target is replaced when it is a file. */
ERR_MUST_USE enum err file_rename(int dirfd, const char *from, const char *to, struct diag *d);

/* Hand the bytes of the regular file `name` below dirfd, opened as file_read() does, to take() in pieces of any length, up to the
 * end or the first code other than E_OK, which is returned. E_MEDIUM_FILE, E_MEDIUM_LIMIT when it is larger than max bytes, E_IO
 * (also when missing). */
typedef enum err file_take(void *arg, struct span piece);
ERR_MUST_USE enum err file_take_all(int dirfd, const char *name, size_t max, file_take *take, void *arg, struct diag *d);

/* SHA-256 of the regular file `name` below dirfd, opened as file_read() does. E_MEDIUM_FILE, E_MEDIUM_LIMIT when it is
 * larger than max bytes (a hole of terabytes costs its maker nothing), E_IO (also when missing), E_CRYPTO. */
ERR_MUST_USE enum err file_digest(int dirfd, const char *name, size_t max, uint8_t out[32], struct diag *d);

/* Remove a folder below dirfd with the plain files in it, as an interrupted program of ours leaves it: one level, at most
 * LIMIT_MEDIUM_FILES files. Missing is E_OK; E_MEDIUM when it is not a folder, E_FOLDER_OCCUPIED when it holds more. */
ERR_MUST_USE enum err file_remove_dir(int dirfd, const char *name, struct diag *d);

/* Names of the entries of the folder, "." and ".." left out, sorted bytewise; at most max of
 * them, else E_MEDIUM_LIMIT. Free with file_list_free(). */
struct file_list {
    char **names;
    size_t n;
};
ERR_MUST_USE enum err file_list(int dirfd, size_t max, struct file_list *out, struct diag *d);
void file_list_free(struct file_list *l);

#endif
