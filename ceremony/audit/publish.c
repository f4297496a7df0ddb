#include "audit/publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/seals.h"
#include "audit/shelf.h"
#include "audit/tiles.h"
#include "core/file.h"
#include "log/log.h"
#include "log/seal.h"

#define STEP 1024 /* lines between two looks at the progress */

struct job {
    const struct publish_options *o;
    struct published *out;
    struct shelf shelf;
    int state_fd;
    struct seal seal; /* the newest one, whose place in the log was checked */
    struct buf old;   /* the checkpoint as it lies there */
};

/* -- what was published before -- */

static enum err read_old(struct job *j, struct diag *d)
{
    bool found;
    struct diag why = {0};
    enum err e = file_read(j->shelf.fd, CHECKPOINT_FILE, NOTE_BYTES_MAX, &j->old, &found, d);
    if (e == E_OK && found && (e = checkpoint_read(j->o->key, buf_span(&j->old), &j->out->before, &why)) != E_OK)
        diag_wrap(d, e, &why, "%s/%s", j->o->to, CHECKPOINT_FILE);
    return e;
}

/* The log had this root when it had as many lines. */
static enum err compare_old(const struct job *j, const struct log_position *at, struct diag *d)
{
    uint8_t root[DIGEST_LEN];
    if (at->size != j->out->before.size)
        return E_OK;
    enum err e = merkle_root(&at->merkle, root);
    if (e != E_OK)
        return diag_set(d, e, "the tree");
    if (memcmp(root, j->out->before.root, DIGEST_LEN) != 0)
        return diag_set(d, E_LOG_PUBLISHED, "its first %" PRIu64 " lines have another root than the checkpoint", at->size);
    return E_OK;
}

/* -- reading the log: which seal is the newest? -- */

static enum err take_seal(struct job *j, const struct record *r, const struct log_position *before, struct diag *d)
{
    seal_free(&j->seal);
    enum err e = seal_from_record(r, before, &j->seal, d);
    return e == E_OK ? seal_check_position(&j->seal, before, d) : e;
}

static enum err read_lines(struct job *j, struct log_reader *r, struct diag *d)
{
    enum err e = E_OK;
    for (bool more = true; e == E_OK && more;) {
        const struct log_position before = *log_reader_position(r);
        struct record rec;
        struct span line;
        e = log_reader_next(r, &line, &rec, &more, d);
        if (e != E_OK || !more)
            break;
        if (rec.type == RECORD_SEAL)
            e = take_seal(j, &rec, &before, d);
        record_free(&rec);
        if (e == E_OK)
            e = compare_old(j, log_reader_position(r), d);
    }
    return e;
}

static enum err find_seal(struct job *j, struct diag *d)
{
    struct log_reader *r = NULL;
    enum err e = log_reader_open(j->state_fd, LOG_FILE, NULL, &r, d);
    if (e == E_OK)
        e = read_lines(j, r, d);
    log_reader_close(r);
    if (e == E_OK && j->seal.size == 0)
        e = diag_set(d, E_LOG_SEAL, "there is no seal in it yet, so nothing can be published");
    if (e == E_OK && j->seal.size < j->out->before.size)
        e = diag_set(d, E_LOG_ROLLED_BACK, "%" PRIu64 " of its lines are under a seal, and %" PRIu64 " were published", j->seal.size,
                     j->out->before.size);
    return e == E_OK ? seals_verify(&j->seal, j->o->policy, j->o->anchors, d) : e;
}

/* -- reading it again, up to the seal, for the tiles -- */

static enum err put_tile(void *arg, const char *path, struct span bytes, struct diag *d)
{
    struct job *j = arg;
    return shelf_keep(&j->shelf, path, bytes, d);
}

static enum err take_lines(struct job *j, struct log_reader *r, struct tiles *t, struct diag *d)
{
    const struct log_position *at = log_reader_position(r);
    enum err e = E_OK;
    for (bool more = true; e == E_OK && at->size < j->seal.size;) {
        struct record rec;
        struct span line;
        e = log_reader_next(r, &line, &rec, &more, d);
        if (e == E_OK && !more)
            e = diag_set(d, E_LOG_SEAL, "the log became shorter while it was read");
        if (e != E_OK)
            break;
        record_free(&rec);
        e = tiles_take(t, line, d);
        if (at->size % STEP == 0 || at->size == j->seal.size)
            j->o->progress->step(j->o->progress->arg, at->size, j->seal.size);
    }
    return e == E_OK ? seal_check_position(&j->seal, at, d) : e;
}

static enum err write_tiles(struct job *j, struct diag *d)
{
    struct log_reader *r = NULL;
    struct tiles *t = NULL;
    enum err e = tiles_new(put_tile, j, &t, d);
    if (e == E_OK)
        e = log_reader_open(j->state_fd, LOG_FILE, NULL, &r, d);
    if (e == E_OK)
        e = take_lines(j, r, t, d);
    if (e == E_OK)
        e = tiles_end(t, d);
    log_reader_close(r);
    tiles_free(t);
    return e;
}

/* -- the head -- */

static enum err write_seal(struct job *j, struct diag *d)
{
    char path[64];
    struct buf text = {0};
    snprintf(path, sizeof path, PUBLISH_SEAL, (unsigned long long)j->seal.size);
    enum err e = seal_write(&j->seal, &text);
    e = e == E_OK ? shelf_keep(&j->shelf, path, buf_span(&text), d) : diag_set(d, e, "%s", path);
    buf_free(&text);
    return e;
}

/* One over as many lines stays as it is: witnesses may have signed it meanwhile. */
static enum err write_checkpoint(struct job *j, struct diag *d)
{
    struct buf note = {0};
    struct checkpoint *c = &j->out->now;
    c->size = j->seal.size;
    memcpy(c->root, j->seal.root, DIGEST_LEN);
    if (j->out->before.size == c->size)
        return E_OK;
    enum err e = checkpoint_write(j->o->key, c, &note);
    e = e == E_OK ? shelf_replace(&j->shelf, CHECKPOINT_FILE, buf_span(&note), d) : diag_set(d, e, CHECKPOINT_FILE);
    buf_free(&note);
    return e;
}

enum err publish_log(const struct publish_options *o, struct published *out, struct diag *d)
{
    struct job j = {.o = o, .out = out, .shelf = {.fd = -1}, .state_fd = -1};
    *out = (struct published){0};
    enum err e = file_open_dir(o->state, &j.state_fd, d);
    if (e == E_OK)
        e = shelf_open(o->to, &j.shelf, d);
    if (e == E_OK)
        e = read_old(&j, d);
    if (e == E_OK)
        e = find_seal(&j, d);
    if (e == E_OK)
        e = write_tiles(&j, d);
    if (e == E_OK)
        e = write_seal(&j, d);
    if (e == E_OK)
        e = write_checkpoint(&j, d);
    out->added = j.shelf.added;
    out->present = j.shelf.present;
    seal_free(&j.seal);
    buf_free(&j.old);
    shelf_close(&j.shelf);
    if (j.state_fd >= 0)
        close(j.state_fd);
    return e;
}
