#include "audit/shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"

#define PATH_LONGEST 255

static enum err lock(const struct shelf *s, const char *path, struct diag *d)
{
    if (flock(s->fd, LOCK_EX | LOCK_NB) == 0)
        return E_OK;
    return errno == EWOULDBLOCK ? diag_set(d, E_STATE_LOCKED, "%s", path) : diag_errno(d, errno, "%s: locking", path);
}

enum err shelf_open(const char *path, struct shelf *out, struct diag *d)
{
    *out = (struct shelf){.fd = -1};
    enum err e = file_open_dir(path, &out->fd, d);
    return e == E_OK ? lock(out, path, d) : e;
}

enum err shelf_open_of(const char *path, struct shelf *out, const char **name, struct diag *d)
{
    *out = (struct shelf){.fd = -1};
    enum err e = file_open_folder_of(AT_FDCWD, path, &out->fd, name, d);
    return e == E_OK ? lock(out, path, d) : e;
}

void shelf_close(struct shelf *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

/* -- the folders on the way -- */

/* Go to the folder of the path's last component, whose name is left in *name. With `make` what is missing is made; without it *fd is -1
 * when something is. The slashes become NULs. */
static enum err go(const struct shelf *s, char *path, bool make, const char **name, int *fd, struct diag *d)
{
    enum err e = E_OK;
    *fd = dup(s->fd);
    if (*fd < 0)
        return diag_errno(d, errno, "%s", path);
    for (char *slash; e == E_OK && *fd >= 0 && (slash = strchr(path, '/')) != NULL; path = slash + 1) {
        int next = -1;
        *slash = '\0';
        if (make && mkdirat(*fd, path, 0755) != 0 && errno != EEXIST)
            e = diag_errno(d, errno, "%s: making the folder", path);
        else if (make)
            e = file_make_dir(*fd, path, &next, d);
        else if ((next = file_open_beneath(*fd, path, O_RDONLY | O_DIRECTORY, 0)) < 0 && errno != ENOENT)
            e = diag_errno(d, errno, "%s", path);
        close(*fd);
        *fd = next;
    }
    *name = path;
    return e;
}

/* -- writing -- */

/* The bytes under a name of their own, safely on the medium. */
static enum err write_new(const struct shelf *s, struct span bytes, struct diag *d)
{
    if (unlinkat(s->fd, SHELF_NEW, 0) != 0 && errno != ENOENT)
        return diag_errno(d, errno, "%s: removing", SHELF_NEW);
    int fd = file_open_beneath(s->fd, SHELF_NEW, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (fd < 0)
        return diag_errno(d, errno, "%s: making the file", SHELF_NEW);
    enum err e = fchmod(fd, 0644) == 0 ? E_OK : diag_errno(d, errno, "%s: making the file", SHELF_NEW);
    if (e == E_OK)
        e = file_write_all(fd, bytes.p, bytes.n, SHELF_NEW, d);
    if (e == E_OK)
        e = file_sync(fd, SHELF_NEW, d);
    if (close(fd) != 0 && e == E_OK)
        e = diag_errno(d, errno, "%s: closing", SHELF_NEW);
    return e;
}

static enum err write_as(const struct shelf *s, int folder, const char *name, struct span bytes, struct diag *d)
{
    enum err e = write_new(s, bytes, d);
    if (e == E_OK && renameat(s->fd, SHELF_NEW, folder, name) != 0)
        e = diag_errno(d, errno, "%s: renaming", name);
    if (e == E_OK)
        return file_sync(folder, name, d);
    unlinkat(s->fd, SHELF_NEW, 0);
    return e;
}

/* -- keeping -- */

enum err shelf_look(const struct shelf *s, const char *path, struct span bytes, bool *there, struct diag *d)
{
    char copy[PATH_LONGEST + 1];
    const char *name = "";
    struct buf old = {0};
    int fd = -1;
    snprintf(copy, sizeof copy, "%s", path);
    *there = false;
    enum err e = go(s, copy, false, &name, &fd, d);
    if (e == E_OK && fd >= 0)
        e = file_read(fd, name, bytes.n, &old, there, d);
    if (e == E_MEDIUM_LIMIT || (e == E_OK && *there && (old.len != bytes.n || memcmp(old.data, bytes.p, bytes.n) != 0)))
        e = diag_set(d, E_LOG_PUBLISHED, "%s holds something else", path);
    if (fd >= 0)
        close(fd);
    buf_free(&old);
    return e;
}

enum err shelf_keep(struct shelf *s, const char *path, struct span bytes, struct diag *d)
{
    char copy[PATH_LONGEST + 1];
    const char *name = "";
    int fd = -1;
    bool there;
    snprintf(copy, sizeof copy, "%s", path);
    enum err e = shelf_look(s, path, bytes, &there, d);
    if (e == E_OK && there)
        s->present++;
    if (e != E_OK || there)
        return e;
    mode_t before = umask(022); /* who serves the files is somebody else */
    e = go(s, copy, true, &name, &fd, d);
    umask(before);
    if (e == E_OK)
        e = write_as(s, fd, name, bytes, d);
    if (e == E_OK)
        s->added++;
    if (fd >= 0)
        close(fd);
    return e;
}

enum err shelf_replace(struct shelf *s, const char *name, struct span bytes, struct diag *d)
{
    return write_as(s, s->fd, name, bytes, d);
}
