#include "audit/published.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/publish.h"
#include "audit/seals.h"
#include "audit/shown.h"
#include "audit/tiles.h"
#include "core/file.h"
#include "log/log.h"
#include "log/seal.h"

#define ENTRIES_BYTES (TILE_WIDTH * (LIMIT_LOG_LINE + 2u))

struct job {
    const struct published_options *o;
    int fd;
    struct checkpoint c;
    struct merkle tree;
    struct tiles *tiles;
    struct log_reader *log; /* NULL: not compared */
    uint64_t files;
};

/* -- files -- */

/* One at a path with slashes. */
static enum err read_at(const struct job *j, const char *path, size_t max, struct buf *out, struct diag *d)
{
    const char *name;
    struct diag why = {0};
    bool found = false;
    int fd;
    enum err e = file_open_folder_of(j->fd, path, &fd, &name, &why);
    if (e == E_OK)
        e = file_read(fd, name, max, out, &found, &why);
    if (fd >= 0)
        close(fd);
    if (e == E_MEDIUM || (e == E_OK && !found))
        return diag_set(d, E_LOG_PUBLISHED, "%s is missing", path);
    if (e == E_MEDIUM_LIMIT)
        return diag_set(d, E_LOG_PUBLISHED, "%s holds something else", path);
    return e == E_OK ? E_OK : diag_wrap(d, e, &why, "%s", path);
}

static enum err compare(void *arg, const char *path, struct span bytes, struct diag *d)
{
    struct job *j = arg;
    struct buf there = {0};
    enum err e = read_at(j, path, bytes.n, &there, d);
    if (e == E_OK && (there.len != bytes.n || memcmp(there.data, bytes.p, bytes.n) != 0))
        e = diag_set(d, E_LOG_PUBLISHED, "%s holds something else", path);
    j->files += e == E_OK;
    buf_free(&there);
    return e;
}

/* -- lines -- */

/* The log has this line, too. */
static enum err compare_log(struct job *j, struct span line, struct diag *d)
{
    struct span own;
    struct record r;
    bool more = true;
    if (j->log == NULL)
        return E_OK;
    enum err e = log_reader_next(j->log, &own, &r, &more, d);
    if (e != E_OK)
        return e;
    if (!more)
        return diag_set(d, E_LOG_ROLLED_BACK, "it has %" PRIu64 " lines, and %" PRIu64 " were published", j->tree.size, j->c.size);
    record_free(&r);
    return own.n == line.n && memcmp(own.p, line.p, own.n) == 0
               ? E_OK
               : diag_set(d, E_LOG_PUBLISHED, "line %" PRIu64 " is another in the log", j->tree.size + 1);
}

static enum err take_line(struct job *j, struct span line, struct diag *d)
{
    enum err e = compare_log(j, line, d);
    if (e == E_OK && (e = merkle_append(&j->tree, line)) != E_OK)
        diag_set(d, e, "the tree");
    return e == E_OK ? tiles_take(j->tiles, line, d) : e;
}

/* The next line of a tile of entries; false when there is no whole one. */
static bool next_line(struct span *rest, struct span *line)
{
    if (rest->n < 2)
        return false;
    const size_t n = (size_t)(rest->p[0] << 8 | rest->p[1]);
    if (rest->n - 2 < n)
        return false;
    *line = (struct span){rest->p + 2, n};
    *rest = (struct span){rest->p + 2 + n, rest->n - 2 - n};
    return true;
}

/* The tiles compare the entries themselves with what is there, as all other files. */
static enum err take_entries(struct job *j, struct diag *d)
{
    const uint64_t left = j->c.size - j->tree.size;
    const unsigned width = left < TILE_WIDTH ? (unsigned)left : TILE_WIDTH;
    char path[TILE_PATH_MAX];
    struct buf bytes = {0};
    tiles_path(TILE_ENTRIES, j->tree.size / TILE_WIDTH, width, path);
    enum err e = read_at(j, path, ENTRIES_BYTES, &bytes, d);
    struct span rest = buf_span(&bytes), line;
    for (unsigned i = 0; i < width && e == E_OK; i++)
        e = next_line(&rest, &line) ? take_line(j, line, d) : diag_set(d, E_LOG_PUBLISHED, "%s ends within a line", path);
    buf_free(&bytes);
    return e;
}

static enum err take_all(struct job *j, struct diag *d)
{
    enum err e = tiles_new(compare, j, &j->tiles, d);
    while (e == E_OK && j->tree.size < j->c.size) {
        e = take_entries(j, d);
        j->o->progress->step(j->o->progress->arg, j->tree.size, j->c.size);
    }
    return e == E_OK ? tiles_end(j->tiles, d) : e;
}

/* -- heads -- */

static enum err read_checkpoint(struct job *j, struct diag *d)
{
    struct buf note = {0};
    bool found = false;
    enum err e = file_read(j->fd, CHECKPOINT_FILE, NOTE_BYTES_MAX, &note, &found, d);
    if (e == E_OK && !found)
        e = diag_set(d, E_CHECKPOINT, "%s is missing", CHECKPOINT_FILE);
    if (e == E_OK)
        e = checkpoint_read(j->o->key, buf_span(&note), &j->c, d);
    buf_free(&note);
    return e;
}

static enum err check_root(const struct job *j, struct diag *d)
{
    uint8_t root[DIGEST_LEN];
    enum err e = merkle_root(&j->tree, root);
    if (e != E_OK)
        return diag_set(d, e, "the tree");
    return memcmp(root, j->c.root, DIGEST_LEN) == 0 ? E_OK : diag_set(d, E_LOG_PUBLISHED, "its lines have another root than the checkpoint");
}

static enum err check_seal(struct job *j, struct diag *d)
{
    char path[TILE_PATH_MAX];
    struct buf bytes = {0};
    struct seal seal = {0};
    struct diag why = {0};
    snprintf(path, sizeof path, PUBLISH_SEAL, (unsigned long long)j->c.size);
    enum err e = read_at(j, path, LIMIT_LOG_LINE, &bytes, d);
    if (e == E_OK && (e = seal_parse(buf_span(&bytes), &seal, &why)) != E_OK) {
        e = e == E_NO_MEMORY ? e : E_LOG_PUBLISHED;
        diag_wrap(d, e, &why, "%s", path);
    }
    if (e == E_OK && (seal.size != j->c.size || memcmp(seal.root, j->c.root, DIGEST_LEN) != 0))
        e = diag_set(d, E_LOG_SEAL, "%s is over something else than the checkpoint", path);
    if (e == E_OK && j->o->anchors != NULL)
        e = seals_verify(&seal, j->o->policy, j->o->anchors, d);
    j->files += e == E_OK;
    seal_free(&seal);
    buf_free(&bytes);
    return e;
}

static enum err open_log(struct job *j, int *state, struct diag *d)
{
    *state = -1;
    enum err e = j->o->state != NULL ? file_open_dir(j->o->state, state, d) : E_OK;
    return e == E_OK && *state >= 0 ? log_reader_open(*state, LOG_FILE, NULL, &j->log, d) : e;
}

enum err published_check(const struct published_options *o, struct checkpoint *out, uint64_t *files, struct diag *d)
{
    struct job j = {.o = o, .fd = -1};
    int state = -1;
    *out = (struct checkpoint){0};
    *files = 0;
    enum err e = file_open_dir(o->from, &j.fd, d);
    if (e == E_OK)
        e = read_checkpoint(&j, d);
    if (e == E_OK)
        e = open_log(&j, &state, d);
    if (e == E_OK)
        e = take_all(&j, d);
    if (e == E_OK)
        e = check_root(&j, d);
    if (e == E_OK)
        e = check_seal(&j, d);
    *out = j.c;
    *files = j.files;
    tiles_free(j.tiles);
    log_reader_close(j.log);
    if (state >= 0)
        close(state);
    if (j.fd >= 0)
        close(j.fd);
    return e;
}
