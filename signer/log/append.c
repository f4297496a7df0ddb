#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/file.h"
#include "log/position.h"

struct log {
    int fd;
    struct log_position at;
    struct buf line;    /* the line being made */
    struct buf pending; /* lines appended and not yet written */
    enum err poison;    /* the first failure of log_sync(), with its cause */
    struct diag cause;
};

static enum err poisoned(const struct log *l, struct diag *d)
{
    return diag_again(d, l->poison, &l->cause);
}

static struct log *log_new(void)
{
    struct log *l = calloc(1, sizeof *l);
    if (l != NULL)
        l->fd = -1;
    return l;
}

/* Add a line to what is pending. Takes over fields; on failure the log stands where it stood. */
static enum err add_line(struct log *l, enum record_type type, json_t *fields, struct diag *d)
{
    int64_t now = clock_now();
    if (now < l->at.time) {
        char last[CLOCK_TEXT];
        clock_format(l->at.time, last);
        json_decref(fields);
        return diag_set(d, E_CLOCK_BEHIND, "the last line of %s was written at %s", LOG_FILE, last);
    }
    buf_reset(&l->line);
    enum err e = record_write(l->at.size + 1, now, type, l->at.head, fields, &l->line, d);
    if (e != E_OK)
        return e;
    struct span line = buf_span(&l->line);
    size_t before = l->pending.len;
    buf_append(&l->pending, line.p, line.n);
    buf_append_byte(&l->pending, '\n');
    e = buf_err(&l->pending);
    if (e == E_OK)
        e = position_advance(&l->at, line, now);
    if (e != E_OK) {
        l->pending.len = before;
        return diag_set(d, e, "appending to %s", LOG_FILE);
    }
    return E_OK;
}

enum err log_create(int dirfd, enum digest_alg hash, json_t *genesis_fields, struct log **out,
                    struct diag *d)
{
    *out = NULL;
    struct log *l = NULL;
    struct stat st;
    enum err e = E_OK;
    const char *named = json_string_value(json_object_get(genesis_fields, "hash"));
    if (genesis_fields != NULL && (named == NULL || strcmp(named, digest_name(hash)) != 0)) {
        e = diag_set(d, E_LOG_FORMAT, "genesis line: hash is not %s", digest_name(hash));
        goto out;
    }
    if (fstatat(dirfd, LOG_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        e = diag_set(d, E_STATE_EXISTS, "%s", LOG_FILE);
        goto out;
    }
    if (errno != ENOENT) {
        e = diag_errno(d, errno, "%s", LOG_FILE);
        goto out;
    }
    l = log_new();
    if (l == NULL) {
        e = diag_set(d, E_NO_MEMORY, "%s", LOG_FILE);
        goto out;
    }
    l->at.hash = hash;
    e = add_line(l, RECORD_GENESIS, json_incref(genesis_fields), d);
    /* Written beside and renamed: there is a log with its genesis line, or there is none. */
    if (e == E_OK)
        e = file_write(dirfd, LOG_FILE, l->pending.data, l->pending.len, d);
    if (e != E_OK)
        goto out;
    buf_reset(&l->pending);
    uint64_t bytes;
    e = position_open_file(dirfd, LOG_FILE, true, &l->fd, &bytes, d);
    if (e != E_OK)
        goto out;
    if (lseek(l->fd, 0, SEEK_END) < 0) {
        e = diag_errno(d, errno, "%s", LOG_FILE);
        goto out;
    }
    *out = l;
    l = NULL;
out:
    json_decref(genesis_fields);
    log_close(l);
    return e;
}

/* -- opening -- */

/* SHA-256 of the bytes from `from` to `to`, which must hold no newline: else they are lines that
 * `at` leaves out. */
static enum err digest_torn(int fd, uint64_t from, uint64_t to, uint8_t out[DIGEST_LEN],
                            struct diag *d)
{
    uint8_t chunk[4096];
    struct digest *dg = NULL;
    enum err e = digest_new(DIGEST_SHA256, &dg);
    if (e != E_OK)
        return diag_set(d, e, "%s", LOG_FILE);
    while (from < to) {
        size_t n = to - from < sizeof chunk ? (size_t)(to - from) : sizeof chunk;
        e = position_read(fd, from, chunk, n, d);
        if (e != E_OK)
            goto out;
        if (memchr(chunk, '\n', n) != NULL) {
            e = diag_set(d, E_LOG_CHAIN, "%s goes on after the line taken for its last", LOG_FILE);
            goto out;
        }
        e = digest_update(dg, chunk, n);
        if (e != E_OK) {
            diag_set(d, e, "%s", LOG_FILE);
            goto out;
        }
        from += n;
    }
    e = digest_final(dg, out);
    if (e != E_OK)
        diag_set(d, e, "%s", LOG_FILE);
out:
    digest_free(dg);
    return e;
}

/* Put a recovery line in the place of the torn bytes. It is safe on the medium before what remains
 * of them is cut: a crash in between leaves a shorter torn tail, never one that nothing explains.
 */
static enum err recover(struct log *l, uint64_t bytes, struct diag *d)
{
    uint64_t end = l->at.bytes;
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    enum err e = digest_torn(l->fd, end, bytes, digest, d);
    if (e != E_OK)
        return e;
    hex_encode(digest, DIGEST_LEN, hex);
    e = add_line(l, RECORD_RECOVERY,
                 json_pack("{s:I, s:s}", "torn", (json_int_t)(bytes - end), "digest", hex), d);
    if (e != E_OK)
        return e;
    e = log_sync(l, d);
    if (e != E_OK)
        return e;
    if (ftruncate(l->fd, (off_t)l->at.bytes) != 0)
        return diag_errno(d, errno, "%s: cutting off a torn line", LOG_FILE);
    return file_sync(l->fd, LOG_FILE, d);
}

enum err log_open(int dirfd, const struct log_position *at, struct log **out, struct diag *d)
{
    *out = NULL;
    bool holds;
    uint64_t bytes;
    enum err e = log_position_holds(dirfd, at, &holds, d);
    if (e != E_OK)
        return e;
    if (!holds || at->size == 0)
        return diag_set(d, E_LOG_CHAIN, "%s has no line %llu that ends where it should", LOG_FILE,
                        (unsigned long long)at->size);
    struct log *l = log_new();
    if (l == NULL)
        return diag_set(d, E_NO_MEMORY, "%s", LOG_FILE);
    l->at = *at;
    e = position_open_file(dirfd, LOG_FILE, true, &l->fd, &bytes, d);
    if (e != E_OK)
        goto out;
    if (lseek(l->fd, (off_t)at->bytes, SEEK_SET) < 0) {
        e = diag_errno(d, errno, "%s", LOG_FILE);
        goto out;
    }
    /* Without torn bytes too: whole lines that a killed run wrote and never synced are about to be
     * built upon. */
    e = bytes > at->bytes ? recover(l, bytes, d) : file_sync(l->fd, LOG_FILE, d);
    if (e != E_OK)
        goto out;
    *out = l;
    l = NULL;
out:
    log_close(l);
    return e;
}

/* -- appending -- */

enum err log_append(struct log *l, enum record_type type, json_t *fields, struct diag *d)
{
    enum err e = E_OK;
    if (l->poison != E_OK)
        e = poisoned(l, d);
    else if (type == RECORD_GENESIS)
        e = diag_set(d, E_LOG_FORMAT, "a genesis line must be the first line and no other");
    if (e != E_OK) {
        json_decref(fields);
        return e;
    }
    return add_line(l, type, fields, d);
}

enum err log_sync(struct log *l, struct diag *d)
{
    if (l->poison != E_OK)
        return poisoned(l, d);
    if (l->pending.len == 0)
        return E_OK;
    enum err e = file_write_all(l->fd, l->pending.data, l->pending.len, LOG_FILE, &l->cause);
    if (e == E_OK)
        e = file_sync(l->fd, LOG_FILE, &l->cause);
    if (e != E_OK) {
        l->poison = e;
        return poisoned(l, d);
    }
    buf_reset(&l->pending);
    return E_OK;
}

const struct log_position *log_position(const struct log *l)
{
    return &l->at;
}

void log_close(struct log *l)
{
    if (l == NULL)
        return;
    if (l->fd >= 0)
        close(l->fd);
    buf_free(&l->line);
    buf_free(&l->pending);
    free(l);
}
