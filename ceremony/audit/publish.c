#include "audit/publish.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/seals.h"
#include "audit/shelf.h"
#include "audit/shown.h"
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
    struct shown shown;
    struct shelf record;       /* the folder of the record, */
    const char *record_name;   /* its name there, */
    struct checkpoint kept;    /* and what it says; of size 0 when there was none */
};

/* -- what was published before -- */

static enum err read_old(const struct job *j, const struct shelf *s, const char *name, struct checkpoint *out, struct diag *d)
{
    bool found;
    struct buf old = {0};
    struct diag why = {0};
    enum err e = file_read(s->fd, name, NOTE_BYTES_MAX, &old, &found, d);
    if (e == E_OK && found && (e = checkpoint_read(j->o->key, buf_span(&old), out, &why)) != E_OK)
        diag_wrap(d, e, &why, "%s", s == &j->record ? j->o->record : CHECKPOINT_FILE);
    buf_free(&old);
    return e;
}

/* All that was published, in the folder and by the record. */
static enum err read_before(struct job *j, struct diag *d)
{
    enum err e = read_old(j, &j->shelf, CHECKPOINT_FILE, &j->out->before, d);
    if (e == E_OK)
        e = shelf_open_of(j->o->record, &j->record, &j->record_name, d);
    if (e == E_OK)
        e = read_old(j, &j->record, j->record_name, &j->kept, d);
    if (e == E_OK)
        e = shown_read(&j->shelf, &j->shown, d);
    if (e == E_OK && j->shown.n > 0 && j->out->before.size == 0 && j->kept.size == 0)
        e = diag_set(d, E_CHECKPOINT, "%s/%s is not there, and tiles are; nor is %s", j->o->to, CHECKPOINT_FILE, j->o->record);
    return e;
}

/* The log had this root when it had as many lines. */
static enum err compare_old(const struct checkpoint *old, const struct log_position *at, struct diag *d)
{
    uint8_t root[DIGEST_LEN];
    if (at->size != old->size)
        return E_OK;
    enum err e = merkle_root(&at->merkle, root);
    if (e != E_OK)
        return diag_set(d, e, "the tree");
    if (memcmp(root, old->root, DIGEST_LEN) != 0)
        return diag_set(d, E_LOG_PUBLISHED, "its first %" PRIu64 " lines have another root than the checkpoint", at->size);
    return E_OK;
}

static enum err check_size(const struct job *j, const struct checkpoint *old, struct diag *d)
{
    if (j->seal.size >= old->size)
        return E_OK;
    return diag_set(d, E_LOG_ROLLED_BACK, "%" PRIu64 " of its lines are under a seal, and %" PRIu64 " were published", j->seal.size, old->size);
}

/* -- reading the log: which seal is the newest? -- */

static enum err take_seal(struct job *j, const struct record *r, const struct log_position *before, struct diag *d)
{
    struct buf text = {0};
    seal_free(&j->seal);
    enum err e = seal_from_record(r, before, &j->seal, d);
    if (e == E_OK)
        e = seal_check_position(&j->seal, before, d);
    if (e == E_OK && (e = seal_write(&j->seal, &text)) != E_OK)
        diag_set(d, e, PUBLISH_SEAL, (unsigned long long)j->seal.size);
    if (e == E_OK)
        e = shown_compare_seal(&j->shown, &j->shelf, j->seal.size, buf_span(&text), d);
    buf_free(&text);
    return e;
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
            e = compare_old(&j->out->before, log_reader_position(r), d);
        if (e == E_OK)
            e = compare_old(&j->kept, log_reader_position(r), d);
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
    if (e == E_OK)
        e = check_size(j, &j->out->before, d);
    if (e == E_OK)
        e = check_size(j, &j->kept, d);
    return e == E_OK ? seals_verify(&j->seal, j->o->policy, j->o->anchors, d) : e;
}

/* -- reading it again, up to the seal, for the tiles: to compare what is there, and then to add what is not -- */

static enum err compare_tile(void *arg, const char *path, struct span bytes, struct diag *d)
{
    struct job *j = arg;
    return shown_compare_tile(&j->shown, &j->shelf, path, bytes, d);
}

static enum err put_tile(void *arg, const char *path, struct span bytes, struct diag *d)
{
    struct job *j = arg;
    return shelf_keep(&j->shelf, path, bytes, d);
}

static enum err take_lines(const struct job *j, struct log_reader *r, struct tiles *t, uint64_t done, struct diag *d)
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
            j->o->progress->step(j->o->progress->arg, done + at->size, 2 * j->seal.size);
    }
    return e == E_OK ? seal_check_position(&j->seal, at, d) : e;
}

/* done: lines that the progress has told of already. */
static enum err walk_tiles(struct job *j, tiles_put *put, uint64_t done, struct diag *d)
{
    struct log_reader *r = NULL;
    struct tiles *t = NULL;
    enum err e = tiles_new(put, j, &t, d);
    if (e == E_OK)
        e = log_reader_open(j->state_fd, LOG_FILE, NULL, &r, d);
    if (e == E_OK)
        e = take_lines(j, r, t, done, d);
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
static enum err write_checkpoint(struct job *j, struct shelf *s, const char *name, const struct checkpoint *old, struct diag *d)
{
    struct buf note = {0};
    if (old->size == j->out->now.size)
        return E_OK;
    enum err e = checkpoint_write(j->o->key, &j->out->now, &note);
    e = e == E_OK ? shelf_replace(s, name, buf_span(&note), d) : diag_set(d, e, CHECKPOINT_FILE);
    buf_free(&note);
    return e;
}

/* Nothing is written here. */
static enum err compare(struct job *j, struct diag *d)
{
    enum err e = read_before(j, d);
    if (e == E_OK)
        e = find_seal(j, d);
    if (e == E_OK)
        e = walk_tiles(j, compare_tile, 0, d);
    if (e == E_OK)
        e = shown_finish(&j->shown, j->seal.size, d);
    return e == E_OK ? j->o->verify(d) : e;
}

static enum err add(struct job *j, struct diag *d)
{
    j->out->now.size = j->seal.size;
    memcpy(j->out->now.root, j->seal.root, DIGEST_LEN);
    enum err e = write_checkpoint(j, &j->record, j->record_name, &j->kept, d);
    if (e == E_OK)
        e = walk_tiles(j, put_tile, j->seal.size, d);
    if (e == E_OK)
        e = write_seal(j, d);
    return e == E_OK ? write_checkpoint(j, &j->shelf, CHECKPOINT_FILE, &j->out->before, d) : e;
}

enum err publish_log(const struct publish_options *o, struct published *out, struct diag *d)
{
    struct job j = {.o = o, .out = out, .shelf = {.fd = -1}, .record = {.fd = -1}, .state_fd = -1};
    *out = (struct published){0};
    enum err e = file_open_dir(o->state, &j.state_fd, d);
    if (e == E_OK)
        e = shelf_open(o->to, &j.shelf, d);
    if (e == E_OK)
        e = compare(&j, d);
    if (e == E_OK)
        e = add(&j, d);
    out->added = j.shelf.added;
    out->present = j.shelf.present;
    seal_free(&j.seal);
    shown_free(&j.shown);
    shelf_close(&j.record);
    shelf_close(&j.shelf);
    if (j.state_fd >= 0)
        close(j.state_fd);
    return e;
}
