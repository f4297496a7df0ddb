#include "core/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/digest.h"
#include "core/limits.h"

#define CHUNK 16384
#define RENAME_TRIES 100 /* whoever renames that often keeps us from the file on purpose */

static int open_beneath(int dirfd, const char *name, int flags, mode_t mode, uint64_t mounts)
{
    const struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC | O_NOCTTY),
        .mode = mode,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | mounts,
    };
    long fd;
    int again = RENAME_TRIES; /* EAGAIN: something was renamed, and the kernel could not tell whether it stayed beneath */
    do
        fd = syscall(SYS_openat2, dirfd, name, &how, sizeof how); /* the C library has no function for it */
    while (fd < 0 && (errno == EINTR || (errno == EAGAIN && again-- > 0)));
    return (int)fd;
}

int file_open_beneath(int dirfd, const char *name, int flags, mode_t mode)
{
    return open_beneath(dirfd, name, flags, mode, RESOLVE_NO_XDEV);
}

/* A folder that a user named by its path, or, with a parent, one in it; mounts: RESOLVE_NO_XDEV or 0. */
static enum err open_folder(int dirfd, const char *name, uint64_t mounts, int *fd, struct diag *d)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    *fd = dirfd == AT_FDCWD ? openat(dirfd, name, flags) : open_beneath(dirfd, name, flags, 0, mounts);
    if (*fd >= 0)
        return E_OK;
    if (errno == EXDEV)
        return diag_set(d, E_MEDIUM_FILE, "%s: another file system is mounted there", name);
    if (errno == ENOENT)
        return diag_set(d, E_MEDIUM, "%s: there is no such folder", name);
    if (errno == ENOTDIR || errno == ELOOP)
        return diag_set(d, E_MEDIUM, "%s: not a folder", name);
    return diag_errno(d, errno, "%s", name);
}

enum err file_open_dir(const char *path, int *fd, struct diag *d)
{
    return open_folder(AT_FDCWD, path, 0, fd, d);
}

enum err file_open_dir_beneath(int dirfd, const char *name, int *fd, struct diag *d)
{
    return open_folder(dirfd, name, 0, fd, d);
}

enum err file_open_folder_of(int dirfd, const char *path, int *fd, const char **name, struct diag *d)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
    *fd = -1;
    *name = slash != NULL ? slash + 1 : path;
    enum err e = folder != NULL ? open_folder(dirfd, folder, 0, fd, d) : diag_set(d, E_NO_MEMORY, "%s", path);
    free(folder);
    return e;
}

bool file_is_there(int dirfd, const char *name)
{
    return faccessat(dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

enum err file_make_dir(int dirfd, const char *name, int *fd, struct diag *d)
{
    *fd = -1;
    if (mkdirat(dirfd, name, 0700) != 0 && errno != EEXIST)
        return diag_errno(d, errno, "%s: making the folder", name);
    /* Also when it was there: the run that made it may have been killed before its sync. */
    enum err e = file_sync(dirfd, name, d);
    return e == E_OK ? open_folder(dirfd, name, RESOLVE_NO_XDEV, fd, d) : e;
}

enum err file_open_regular(int dirfd, const char *name, int *fd, struct stat *st, struct diag *d)
{
    *fd = file_open_beneath(dirfd, name, O_RDONLY | O_NONBLOCK, 0);
    if (*fd < 0) {
        if (errno == ENOENT)
            return E_OK;
        if (errno == EXDEV)
            return diag_set(d, E_MEDIUM_FILE, "%s: another file system is mounted there", name);
        if (errno == ELOOP || errno == ENXIO)
            return diag_set(d, E_MEDIUM_FILE, "%s: not a plain file", name);
        return diag_errno(d, errno, "%s", name);
    }
    enum err e = E_OK;
    if (fstat(*fd, st) != 0)
        e = diag_errno(d, errno, "%s", name);
    else if (!S_ISREG(st->st_mode))
        e = diag_set(d, E_MEDIUM_FILE, "%s: not a plain file", name);
    if (e != E_OK) {
        close(*fd);
        *fd = -1;
    }
    return e;
}

/* The part before the last component, and that component; false when there is none. */
static bool split_path(const char *path, char dir[PATH_MAX], char name[NAME_MAX + 1])
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    size_t at = n;
    while (at > 0 && path[at - 1] != '/')
        at--;
    if (n >= PATH_MAX || n - at > NAME_MAX || n == at)
        return false;
    snprintf(name, NAME_MAX + 1, "%.*s", (int)(n - at), path + at);
    snprintf(dir, PATH_MAX, "%.*s", at == 0 ? 1 : (int)at, at == 0 ? "." : path);
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

enum err file_make_path(const char *path, int *fd, struct diag *d)
{
    char dir[PATH_MAX], name[NAME_MAX + 1];
    struct stat st;
    int parent = -1;
    *fd = -1;
    if (stat(path, &st) == 0 || !split_path(path, dir, name))
        return file_open_dir(path, fd, d);
    enum err e = file_open_dir(dir, &parent, d);
    if (e == E_OK)
        e = file_make_dir(parent, name, fd, d);
    if (parent >= 0)
        close(parent);
    return e;
}

/* Read up to CHUNK bytes; *got is 0 at the end of the file. */
static enum err read_chunk(int fd, const char *name, uint8_t chunk[CHUNK], size_t *got,
                           struct diag *d)
{
    *got = 0;
    ssize_t n;
    do
        n = read(fd, chunk, CHUNK);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return diag_errno(d, errno, "%s: reading", name);
    *got = (size_t)n;
    return E_OK;
}

static enum err read_all(int fd, const char *name, size_t max, struct buf *out, struct diag *d)
{
    uint8_t chunk[CHUNK];
    size_t total = 0;
    size_t got;
    do {
        enum err e = read_chunk(fd, name, chunk, &got, d);
        if (e != E_OK)
            return e;
        /* The file may have grown since its size was asked for. */
        if (got > max - total)
            return diag_set(d, E_MEDIUM_LIMIT, "%s: more than %zu bytes", name, max);
        buf_append(out, chunk, got);
        total += got;
    } while (got > 0 && !out->failed);
    enum err e = buf_err(out);
    return e == E_OK ? E_OK : diag_set(d, e, "%s: reading", name);
}

enum err file_read(int dirfd, const char *name, size_t max, struct buf *out, bool *found,
                   struct diag *d)
{
    if (found != NULL)
        *found = false;
    int fd;
    struct stat st;
    size_t before = out->len;
    enum err e = file_open_regular(dirfd, name, &fd, &st, d);
    if (e != E_OK)
        return e;
    if (fd < 0)
        return found != NULL ? E_OK : diag_errno(d, ENOENT, "%s", name);
    if ((uintmax_t)st.st_size > max) {
        e = diag_set(d, E_MEDIUM_LIMIT, "%s: more than %zu bytes", name, max);
        goto out;
    }
    e = read_all(fd, name, max, out, d);
    if (e != E_OK)
        goto out;
    if (found != NULL)
        *found = true;
out:
    if (e != E_OK)
        out->len = before;
    close(fd);
    return e;
}

enum err file_write_all(int fd, const void *p, size_t n, const char *where, struct diag *d)
{
    const uint8_t *at = p;
    while (n > 0) {
        ssize_t done = write(fd, at, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return diag_errno(d, done < 0 ? errno : EIO, "%s: writing", where);
        at += done;
        n -= (size_t)done;
    }
    return E_OK;
}

enum err file_sync(int fd, const char *where, struct diag *d)
{
    while (fsync(fd) != 0)
        if (errno != EINTR)
            return diag_errno(d, errno, "%s: syncing", where);
    return E_OK;
}

enum err file_rename(int dirfd, const char *from, const char *to, struct diag *d)
{
    if (renameat(dirfd, from, dirfd, to) != 0)
        return diag_errno(d, errno, "%s: renaming to %s", from, to);
    return file_sync(dirfd, to, d);
}

/* Make the file `name` new, with these n bytes, safely on the medium. */
static enum err write_new(int dirfd, const char *name, const void *p, size_t n, mode_t mode, struct diag *d)
{
    int fd = file_open_beneath(dirfd, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0)
        return diag_errno(d, errno, "%s: making the file", name);
    enum err e = E_OK;
    if (mode != 0600 && fchmod(fd, mode) != 0) /* what open(2) makes has the umask taken off */
        e = diag_errno(d, errno, "%s: giving it to its group", name);
    if (e == E_OK)
        e = file_write_all(fd, p, n, name, d);
    if (e == E_OK)
        e = file_sync(fd, name, d);
    if (close(fd) != 0 && e == E_OK)
        e = diag_errno(d, errno, "%s: closing", name);
    return e;
}

enum err file_write(int dirfd, const char *name, const void *p, size_t n, struct diag *d)
{
    return file_write_mode(dirfd, name, p, n, 0600, d);
}

enum err file_write_mode(int dirfd, const char *name, const void *p, size_t n, mode_t mode, struct diag *d)
{
    char temporary[NAME_MAX + 1];
    int len = snprintf(temporary, sizeof temporary, "%s.tmp", name);
    if (len < 0 || (size_t)len >= sizeof temporary)
        return diag_errno(d, ENAMETOOLONG, "%s", name);
    if (unlinkat(dirfd, temporary, 0) != 0 && errno != ENOENT)
        return diag_errno(d, errno, "%s: removing", temporary);
    enum err e = write_new(dirfd, temporary, p, n, mode, d);
    if (e == E_OK)
        e = file_rename(dirfd, temporary, name, d);
    if (e != E_OK)
        unlinkat(dirfd, temporary, 0);
    return e;
}

static enum err take_all(int fd, const char *name, size_t max, file_take *take, void *arg, struct diag *d)
{
    uint8_t chunk[CHUNK];
    size_t total = 0;
    size_t got;
    do {
        enum err e = read_chunk(fd, name, chunk, &got, d);
        if (e != E_OK)
            return e;
        if (got > max - total)
            return diag_set(d, E_MEDIUM_LIMIT, "%s: more than %zu bytes", name, max);
        total += got;
        e = got > 0 ? take(arg, (struct span){chunk, got}) : E_OK;
        if (e != E_OK)
            return diag_set(d, e, "%s", name);
    } while (got > 0);
    return E_OK;
}

enum err file_take_all(int dirfd, const char *name, size_t max, file_take *take, void *arg, struct diag *d)
{
    int fd;
    struct stat st;
    enum err e = file_open_regular(dirfd, name, &fd, &st, d);
    if (e != E_OK)
        return e;
    if (fd < 0)
        return diag_errno(d, ENOENT, "%s", name);
    if ((uintmax_t)st.st_size > max)
        e = diag_set(d, E_MEDIUM_LIMIT, "%s: more than %zu bytes", name, max);
    else
        e = take_all(fd, name, max, take, arg, d);
    close(fd);
    return e;
}

static enum err take_for_digest(void *arg, struct span piece)
{
    return digest_update(arg, piece.p, piece.n);
}

enum err file_digest(int dirfd, const char *name, size_t max, uint8_t out[32], struct diag *d)
{
    struct digest *digest = NULL;
    memset(out, 0, DIGEST_LEN);
    enum err e = digest_new(DIGEST_SHA256, &digest);
    if (e != E_OK)
        return diag_set(d, e, "%s", name);
    e = file_take_all(dirfd, name, max, take_for_digest, digest, d);
    if (e == E_OK && (e = digest_final(digest, out)) != E_OK)
        diag_set(d, e, "%s", name);
    digest_free(digest);
    return e;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum err add_name(struct file_list *l, size_t *cap, const char *name, struct diag *d)
{
    if (l->n == *cap) {
        size_t larger = *cap == 0 ? 16 : 2 * *cap;
        char **names = reallocarray(l->names, larger, sizeof *names);
        if (names == NULL)
            return diag_set(d, E_NO_MEMORY, "listing a folder");
        l->names = names;
        *cap = larger;
    }
    l->names[l->n] = strdup(name);
    if (l->names[l->n] == NULL)
        return diag_set(d, E_NO_MEMORY, "listing a folder");
    l->n++;
    return E_OK;
}

static enum err list_stream(DIR *dir, size_t max, struct file_list *l, struct diag *d)
{
    size_t cap = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (entry == NULL)
            return errno == 0 ? E_OK : diag_errno(d, errno, "listing a folder");
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (l->n == max)
            return diag_set(d, E_MEDIUM_LIMIT, "more than %zu entries in the folder", max);
        enum err e = add_name(l, &cap, entry->d_name, d);
        if (e != E_OK)
            return e;
    }
}

enum err file_list(int dirfd, size_t max, struct file_list *out, struct diag *d)
{
    *out = (struct file_list){0};
    /* A descriptor of its own, because readdir() moves the offset and closedir() closes it. */
    int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return diag_errno(d, errno, "listing a folder");
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        enum err e = diag_errno(d, errno, "listing a folder");
        close(fd);
        return e;
    }
    enum err e = list_stream(dir, max, out, d);
    closedir(dir);
    if (e != E_OK)
        file_list_free(out);
    else if (out->n > 1)
        qsort(out->names, out->n, sizeof *out->names, by_name);
    return e;
}

void file_list_free(struct file_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->names[i]);
    free(l->names);
    *l = (struct file_list){0};
}

enum err file_remove_dir(int dirfd, const char *name, struct diag *d)
{
    struct stat st;
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? E_OK : diag_errno(d, errno, "%s", name);
    int fd;
    struct file_list list = {0};
    enum err e = open_folder(dirfd, name, RESOLVE_NO_XDEV, &fd, d);
    if (e != E_OK)
        return e;
    e = file_list(fd, LIMIT_MEDIUM_FILES, &list, d);
    if (e == E_MEDIUM_LIMIT)
        e = diag_set(d, E_FOLDER_OCCUPIED, "%s holds more than %d files", name, LIMIT_MEDIUM_FILES);
    for (size_t i = 0; e == E_OK && i < list.n; i++)
        if (unlinkat(fd, list.names[i], 0) != 0)
            e = errno == EISDIR ? diag_set(d, E_FOLDER_OCCUPIED, "%s holds the folder %s", name, list.names[i])
                                : diag_errno(d, errno, "%s/%s: removing", name, list.names[i]);
    if (e == E_OK && unlinkat(dirfd, name, AT_REMOVEDIR) != 0)
        e = diag_errno(d, errno, "%s: removing", name);
    if (e == E_OK)
        e = file_sync(dirfd, name, d);
    file_list_free(&list);
    close(fd);
    return e;
}

enum err file_read_path(const char *path, size_t max, enum err too_large, struct buf *out, struct diag *d)
{
    enum err e = E_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return diag_set(d, E_IO, "%s: %s", path, strerror(errno));
    for (;;) {
        uint8_t chunk[8192];
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            e = diag_set(d, E_IO, "%s: %s", path, strerror(errno));
            break;
        }
        if (n == 0)
            break;
        if ((size_t)n > max - out->len) {
            e = diag_set(d, too_large, "%s: larger than %zu bytes", path, max);
            break;
        }
        buf_append(out, chunk, (size_t)n);
        e = buf_err(out);
        if (e != E_OK) {
            diag_set(d, e, "%s", path);
            break;
        }
    }
    close(fd);
    return e;
}
