#include "audit/shown.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/digest.h"
#include "core/file.h"

#define FILES_MAX 10000000 /* in a folder */
#define DEPTH_MAX 10       /* of folders: an index has at most 20 digits, in threes */

/* -- names -- */

static void path_of(const struct shown_file *f, char out[TILE_PATH_MAX])
{
    if (f->level == SHOWN_SEAL)
        snprintf(out, TILE_PATH_MAX, PUBLISH_SEAL, (unsigned long long)f->index);
    else
        tiles_path(f->level, f->index, f->width, out);
}

static bool parse(const char *path, struct shown_file *out)
{
    char again[TILE_PATH_MAX];
    *out = (struct shown_file){.level = SHOWN_SEAL};
    if (tiles_parse(path, &out->level, &out->index, &out->width))
        return true;
    *out = (struct shown_file){.level = SHOWN_SEAL};
    if (strncmp(path, "seal/", 5) != 0)
        return false;
    for (const char *p = path + 5; *p >= '0' && *p <= '9'; p++)
        out->index = out->index * 10 + (uint64_t)(*p - '0');
    path_of(out, again);
    return strcmp(path, again) == 0;
}

static enum err take(struct shown *n, const char *path, struct diag *d)
{
    struct shown_file f;
    if (!parse(path, &f))
        return diag_set(d, E_LOG_PUBLISHED, "%s: no log has such a file", path);
    if (n->n == n->room) {
        size_t room = n->room == 0 ? 64 : 2 * n->room;
        struct shown_file *more = reallocarray(n->v, room, sizeof *more);
        if (more == NULL)
            return diag_set(d, E_NO_MEMORY, "%s", path);
        n->v = more;
        n->room = room;
    }
    n->v[n->n++] = f;
    return E_OK;
}

/* -- the folders -- */

static enum err walk(struct shown *n, int dir_fd, const char *path, int depth, struct diag *d);

static enum err enter(struct shown *n, int dir_fd, const char *name, const char *path, int depth, struct diag *d)
{
    int fd = file_open_beneath(dir_fd, name, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        return errno == ENOTDIR ? take(n, path, d) : diag_errno(d, errno, "%s", path);
    enum err e = depth < DEPTH_MAX ? walk(n, fd, path, depth + 1, d) : diag_set(d, E_LOG_PUBLISHED, "%s: no log has such a folder", path);
    close(fd);
    return e;
}

static enum err walk(struct shown *n, int dir_fd, const char *path, int depth, struct diag *d)
{
    struct file_list list = {0};
    enum err e = file_list(dir_fd, FILES_MAX, &list, d);
    for (size_t i = 0; i < list.n && e == E_OK; i++) {
        char at[512];
        if (snprintf(at, sizeof at, "%s/%s", path, list.names[i]) >= (int)sizeof at)
            e = diag_set(d, E_LOG_PUBLISHED, "%s: no log has such a file", at);
        else
            e = enter(n, dir_fd, list.names[i], at, depth, d);
    }
    file_list_free(&list);
    return e;
}

static int compare(const void *a, const void *b)
{
    const struct shown_file *x = a, *y = b;
    if (x->level != y->level)
        return x->level < y->level ? -1 : 1;
    if (x->index != y->index)
        return x->index < y->index ? -1 : 1;
    return (x->width > y->width) - (x->width < y->width);
}

enum err shown_read(const struct shelf *s, struct shown *out, struct diag *d)
{
    static const char *const folders[] = {"tile", "seal"};
    enum err e = E_OK;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0] && e == E_OK; i++)
        if (faccessat(s->fd, folders[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            e = enter(out, s->fd, folders[i], folders[i], 0, d);
    if (e == E_OK && out->n > 1)
        qsort(out->v, out->n, sizeof out->v[0], compare);
    return e;
}

/* -- comparing -- */

/* The first file of that level and index, or where it would be. */
static struct shown_file *first(const struct shown *n, unsigned level, uint64_t index)
{
    const struct shown_file want = {.level = level, .index = index};
    size_t low = 0, high = n->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (compare(&n->v[mid], &want) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return n->v + low;
}

/* The bytes that the first `width` hashes or entries of a tile have. */
static struct span beginning(unsigned level, struct span tile, unsigned width)
{
    size_t n = 0;
    if (level < TILE_LEVELS)
        return (struct span){tile.p, (size_t)width * DIGEST_LEN};
    for (unsigned i = 0; i < width; i++)
        n += 2 + ((size_t)tile.p[n] << 8 | tile.p[n + 1]);
    return (struct span){tile.p, n};
}

static enum err look(struct shown_file *f, const struct shelf *s, struct span bytes, struct diag *d)
{
    char path[TILE_PATH_MAX];
    path_of(f, path);
    return shelf_look(s, path, bytes, &f->compared, d);
}

enum err shown_compare_tile(struct shown *n, const struct shelf *s, const char *path, struct span bytes, struct diag *d)
{
    unsigned level, width;
    uint64_t index;
    enum err e = tiles_parse(path, &level, &index, &width) ? E_OK : diag_set(d, E_LOG_PUBLISHED, "%s", path);
    if (e != E_OK || n->n == 0)
        return e;
    for (struct shown_file *f = first(n, level, index); f < n->v + n->n && e == E_OK; f++) {
        if (f->level != level || f->index != index || f->width > width)
            break;
        e = look(f, s, beginning(level, bytes, f->width), d);
    }
    return e;
}

enum err shown_compare_seal(struct shown *n, const struct shelf *s, uint64_t size, struct span text, struct diag *d)
{
    if (n->n == 0)
        return E_OK;
    struct shown_file *f = first(n, SHOWN_SEAL, size);
    if (f == n->v + n->n || f->level != SHOWN_SEAL || f->index != size)
        return E_OK;
    return look(f, s, text, d);
}

enum err shown_finish(const struct shown *n, uint64_t sealed, struct diag *d)
{
    char path[TILE_PATH_MAX];
    for (size_t i = 0; i < n->n; i++) {
        const struct shown_file *f = &n->v[i];
        if (f->compared)
            continue;
        path_of(f, path);
        if (f->level == SHOWN_SEAL && f->index <= sealed)
            return diag_set(d, E_LOG_PUBLISHED, "%s: the log has no such seal", path);
        return diag_set(d, E_LOG_ROLLED_BACK, "%s was published, and only %" PRIu64 " lines are under a seal", path, sealed);
    }
    return E_OK;
}

void shown_free(struct shown *n)
{
    free(n->v);
    *n = (struct shown){0};
}
