#include "ra/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/i18n.h"

#define WHAT N_("a copy of what is read, where the output goes")

enum err spool_folder(const char *path, int *fd, struct diag *d)
{
    char parent[PATH_MAX];
    if (access(path, F_OK) == 0 || errno != ENOENT)
        return file_open_dir(path, fd, d);
    snprintf(parent, sizeof parent, "%s", path);
    size_t n = strlen(parent);
    while (n > 1 && parent[n - 1] == '/')
        parent[--n] = '\0';
    char *slash = strrchr(parent, '/');
    if (slash == NULL)
        snprintf(parent, sizeof parent, ".");
    else
        slash[slash == parent] = '\0';
    return file_open_dir(parent, fd, d);
}

#define NAME ".rootseal-spool"
#define TRIES 100 /* of imports side by side, which take each other's names off */

static bool unlink_name(int folder)
{
    return unlinkat(folder, NAME, 0) == 0 || errno == ENOENT;
}

/* Its name is gone as soon as it is there. After a power cut in between it may be back: the next one takes it off. */
static enum err make_file(int folder, struct spool *out, struct diag *d)
{
    *out = (struct spool){.fd = -1};
    for (int i = 0; out->fd < 0 && i < TRIES; i++) {
        if (!unlink_name(folder))
            break;
        out->fd = file_open_beneath(folder, NAME, O_RDWR | O_CREAT | O_EXCL, 0600);
        if (out->fd < 0 && errno != EEXIST)
            break;
    }
    return out->fd >= 0 && unlink_name(folder) ? E_OK : diag_errno(d, errno, WHAT);
}

/* All memory of the program may be locked (core/guard.h), and what is locked cannot be given back: these pages hold nothing
 * that is not in a file. */
static enum err map_file(struct spool *s, size_t room, struct diag *d)
{
    room = room > 0 ? room : 1;
    void *map = mmap(NULL, room, PROT_READ, MAP_SHARED, s->fd, 0);
    if (map == MAP_FAILED)
        return diag_errno(d, errno, WHAT);
    s->map = map;
    s->room = room;
    (void)munlock(map, room);
    return E_OK;
}

/* Of one that has no map yet, too. */
static void undo(struct spool *s)
{
    if (s->map != NULL)
        munmap((void *)(uintptr_t)s->map, s->room);
    if (s->fd >= 0)
        close(s->fd);
    *s = (struct spool){0};
}

enum err spool_make(int folder, size_t room, struct spool *out, struct diag *d)
{
    enum err e = make_file(folder, out, d);
    if (e == E_OK)
        e = map_file(out, room, d);
    if (e != E_OK)
        undo(out);
    else
        out->content = (struct span){out->map, 0};
    return e;
}

enum err spool_append(struct spool *s, struct span bytes, struct span *kept, struct diag *d)
{
    if (kept != NULL)
        *kept = (struct span){NULL, 0};
    if (bytes.n > s->room - s->content.n)
        return diag_set(d, E_NO_MEMORY, WHAT);
    enum err e = file_write_all(s->fd, bytes.p, bytes.n, WHAT, d);
    if (e != E_OK)
        return e;
    if (kept != NULL && bytes.n > 0)
        *kept = (struct span){s->map + s->content.n, bytes.n};
    s->content.n += bytes.n;
    return E_OK;
}

struct copying {
    struct spool *to;
    file_take *also;
    void *arg;
    struct diag *d; /* why it could not be written; what the source lacks is told by file_take_all() */
};

static enum err take(void *arg, struct span piece)
{
    struct copying *c = arg;
    enum err e = file_write_all(c->to->fd, piece.p, piece.n, WHAT, c->d);
    c->to->content.n += piece.n;
    return e == E_OK && c->also != NULL ? c->also(c->arg, piece) : e;
}

enum err spool_copy(int folder, int dirfd, const char *name, size_t max, file_take *also, void *arg, struct spool *out,
                    struct diag *d)
{
    struct diag writing = {0};
    *out = (struct spool){.fd = -1};
    struct copying c = {out, also, arg, &writing};
    enum err e = make_file(folder, out, d);
    if (e == E_OK && (e = file_take_all(dirfd, name, max, take, &c, d)) != E_OK && writing.code != E_OK && d != NULL)
        *d = writing;
    if (e == E_OK)
        e = map_file(out, out->content.n, d);
    if (e != E_OK)
        undo(out);
    else
        out->content.p = out->map;
    return e;
}

void spool_let_go(const struct spool *s)
{
    if (s->map != NULL)
        (void)madvise((void *)(uintptr_t)s->map, s->room, MADV_DONTNEED);
}

void spool_free(struct spool *s)
{
    if (s->map != NULL)
        undo(s);
    *s = (struct spool){0};
}
