#include "ra/group.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define TEMPORARY ".tmp"

static void temporary_name(const char *name, char out[GROUP_NAME + sizeof TEMPORARY])
{
    snprintf(out, GROUP_NAME + sizeof TEMPORARY, "%s" TEMPORARY, name);
}

static enum err write_pieces(int fd, struct span rest, const struct spool *from, const char *name, struct diag *d)
{
    enum err e = E_OK;
    while (rest.n > 0 && e == E_OK) {
        size_t n = rest.n < SPOOL_STRIDE ? rest.n : SPOOL_STRIDE;
        e = file_write_all(fd, rest.p, n, name, d);
        rest = (struct span){rest.p + n, rest.n - n};
        if (from != NULL)
            spool_let_go(from);
    }
    return e;
}

enum err group_put(struct group *g, int fd, const char *name, struct span bytes, const struct spool *from, struct diag *d)
{
    char temporary[GROUP_NAME + sizeof TEMPORARY];
    enum err e = g->n == GROUP_FILES ? group_end(g, d) : E_OK;
    if (e != E_OK)
        return e;
    temporary_name(name, temporary);
    if (unlinkat(fd, temporary, 0) != 0 && errno != ENOENT)
        return diag_errno(d, errno, "%s: removing", temporary);
    int file = file_open_beneath(fd, temporary, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (file < 0)
        return diag_errno(d, errno, "%s: making the file", temporary);
    g->files[g->n].fd = fd;
    snprintf(g->files[g->n++].name, GROUP_NAME, "%s", name);
    e = write_pieces(file, bytes, from, temporary, d);
    if (close(file) != 0 && e == E_OK)
        e = diag_errno(d, errno, "%s: closing", temporary);
    return e;
}

enum err group_end(struct group *g, struct diag *d)
{
    char temporary[GROUP_NAME + sizeof TEMPORARY];
    if (g->n == 0)
        return E_OK;
    while (syncfs(g->top) != 0)
        if (errno != EINTR)
            return diag_errno(d, errno, "%s: syncing", g->files[0].name);
    for (; g->n > 0; g->n--) {
        const char *name = g->files[g->n - 1].name;
        int fd = g->files[g->n - 1].fd;
        temporary_name(name, temporary);
        if (renameat(fd, temporary, fd, name) != 0)
            return diag_errno(d, errno, "%s: renaming to %s", temporary, name);
    }
    return E_OK;
}

void group_drop(struct group *g)
{
    char temporary[GROUP_NAME + sizeof TEMPORARY];
    for (; g->n > 0; g->n--) {
        temporary_name(g->files[g->n - 1].name, temporary);
        unlinkat(g->files[g->n - 1].fd, temporary, 0);
    }
}
