#include "log/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/limits.h"
#include "log/position.h"

/* Large enough for few system calls and for any torn tail that one group of appended lines could
 * leave. A short log takes less, and one byte more than it has, so that its end is seen. */
#define READ_BYTES (256 * 1024)
#define READ_BYTES_MIN (2 * LIMIT_LOG_LINE)

struct log_reader {
    int fd;
    char name[256]; /* for the diag */
    struct log_position at;
    enum err failed; /* once reading failed it stays so */
    bool eof;
    size_t start; /* of what is not yet returned, in data */
    size_t end;
    size_t cap;
    uint8_t data[]; /* cap bytes */
};

static size_t cap_for(uint64_t bytes)
{
    if (bytes < READ_BYTES_MIN)
        return READ_BYTES_MIN;
    return bytes < READ_BYTES ? (size_t)bytes + 1 : READ_BYTES;
}

enum err log_reader_open(int dirfd, const char *name, const struct log_position *from,
                         struct log_reader **out, struct diag *d)
{
    int fd;
    uint64_t bytes;
    *out = NULL;
    enum err e = position_open_file(dirfd, name, false, &fd, &bytes, d);
    if (e != E_OK)
        return e;
    size_t cap = cap_for(bytes);
    struct log_reader *r = calloc(1, sizeof *r + cap);
    if (r == NULL) {
        close(fd);
        return diag_set(d, E_NO_MEMORY, "%s", name);
    }
    r->fd = fd;
    r->cap = cap;
    snprintf(r->name, sizeof r->name, "%s", name);
    if (from != NULL)
        r->at = *from;
    if (bytes < r->at.bytes) {
        e = diag_set(d, E_LOG_CHAIN, "%s ends before line %llu, where reading should go on", name,
                     (unsigned long long)r->at.size + 1);
        goto out;
    }
    if (lseek(r->fd, (off_t)r->at.bytes, SEEK_SET) < 0) {
        e = diag_errno(d, errno, "%s", name);
        goto out;
    }
    *out = r;
    r = NULL;
out:
    log_reader_close(r);
    return e;
}

/* Read more behind what is there, moving it to the front first. */
static enum err fill(struct log_reader *r, struct diag *d)
{
    memmove(r->data, r->data + r->start, r->end - r->start);
    r->end -= r->start;
    r->start = 0;
    for (;;) {
        ssize_t got = read(r->fd, r->data + r->end, r->cap - r->end);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return diag_errno(d, errno, "%s", r->name);
        r->end += (size_t)got;
        r->eof = got == 0;
        return E_OK;
    }
}

/* The next line without its newline; line->p is NULL when there is no whole one any more. */
static enum err take_line(struct log_reader *r, struct span *line, struct diag *d)
{
    *line = (struct span){NULL, 0};
    size_t searched = 0;
    for (;;) {
        const uint8_t *from = r->data + r->start;
        size_t have = r->end - r->start;
        const uint8_t *newline = memchr(from + searched, '\n', have - searched);
        if (newline != NULL) {
            *line = (struct span){from, (size_t)(newline - from)};
            r->start += line->n + 1;
            return E_OK;
        }
        if (r->eof)
            return E_OK;
        if (have == r->cap)
            return diag_set(d, E_LOG_FORMAT, "%s line %llu: longer than %d bytes", r->name,
                            (unsigned long long)r->at.size + 1, LIMIT_LOG_LINE);
        searched = have;
        enum err e = fill(r, d);
        if (e != E_OK)
            return e;
    }
}

/* Does the record continue the log where the reader stands? */
static enum err check_chain(const struct log_reader *r, const struct record *rec, struct diag *d)
{
    unsigned long long number = (unsigned long long)r->at.size + 1;
    if ((rec->type == RECORD_GENESIS) != (r->at.size == 0))
        return diag_set(d, E_LOG_FORMAT,
                        "%s line %llu: a genesis line must be the first line and no other", r->name,
                        number);
    if (rec->seq != number)
        return diag_set(d, E_LOG_CHAIN, "%s line %llu: calls itself number %llu", r->name, number,
                        (unsigned long long)rec->seq);
    if (memcmp(rec->prev, r->at.head, DIGEST_LEN) != 0)
        return diag_set(d, E_LOG_CHAIN, "%s line %llu: prev is not the digest of the line before",
                        r->name, number);
    if (rec->time < r->at.time)
        return diag_set(d, E_LOG_CHAIN, "%s line %llu: its time is before that of the line before",
                        r->name, number);
    return E_OK;
}

static enum err check_line(struct log_reader *r, struct span line, struct record *rec,
                           struct diag *d)
{
    unsigned long long number = (unsigned long long)r->at.size + 1;
    struct diag cause = {0};
    enum err e = record_parse(line, rec, &cause);
    if (e != E_OK)
        return diag_wrap(d, e, &cause, "%s line %llu", r->name, number);
    e = check_chain(r, rec, d);
    if (e != E_OK)
        return e;
    if (rec->type == RECORD_GENESIS &&
        !digest_by_name(record_text(rec, "hash"), &r->at.hash))
        return diag_set(d, E_LOG_FORMAT, "%s line %llu: unknown hash", r->name, number);
    e = position_advance(&r->at, line, rec->time);
    if (e != E_OK)
        return diag_set(d, e, "%s line %llu", r->name, number);
    return E_OK;
}

enum err log_reader_next(struct log_reader *r, struct span *line, struct record *rec, bool *more,
                         struct diag *d)
{
    *line = (struct span){NULL, 0};
    *rec = (struct record){0};
    *more = false;
    if (r->failed != E_OK)
        return diag_set(d, r->failed, "%s: reading failed before", r->name);
    struct span next;
    enum err e = take_line(r, &next, d);
    if (e == E_OK && next.p == NULL)
        return E_OK;
    if (e == E_OK)
        e = check_line(r, next, rec, d);
    if (e != E_OK) {
        r->failed = e;
        record_free(rec);
        return e;
    }
    *line = next;
    *more = true;
    return E_OK;
}

const struct log_position *log_reader_position(const struct log_reader *r)
{
    return &r->at;
}

struct span log_reader_torn(const struct log_reader *r)
{
    if (!r->eof || r->failed != E_OK || memchr(r->data + r->start, '\n', r->end - r->start) != NULL)
        return (struct span){NULL, 0};
    return (struct span){r->data + r->start, r->end - r->start};
}

void log_reader_close(struct log_reader *r)
{
    if (r == NULL)
        return;
    close(r->fd);
    free(r);
}

enum err log_each(int dirfd, const struct log_position *from, log_take *take, void *arg, struct diag *d)
{
    struct log_reader *reader = NULL;
    enum err e = log_reader_open(dirfd, LOG_FILE, from, &reader, d);
    bool more = reader != NULL;
    while (e == E_OK && more) {
        struct span line;
        struct record r = {0};
        e = log_reader_next(reader, &line, &r, &more, d);
        if (e == E_OK && more)
            e = take(arg, &r, d);
        record_free(&r);
    }
    log_reader_close(reader);
    return e;
}
