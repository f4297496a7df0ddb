#include "room/minutes_facts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/starved.h"

#define LINES_MAX 2000 /* told one by one; those after them are counted */

/* There are as many of these as there is work; the batches' own records tell them one by one. */
static bool is_counted(enum record_type t)
{
    static const enum record_type types[] = {RECORD_BATCH,    RECORD_PLAN, RECORD_AUTHORISE, RECORD_SELF_TEST, RECORD_ISSUED, RECORD_REFUSED,
                                             RECORD_REVOKED, RECORD_ACCEPTED, RECORD_CRL,    RECORD_OCSP,      RECORD_SEAL,   RECORD_BUNDLE};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (t == types[i])
            return true;
    return false;
}

/* Take over the record, or count and free it. */
static enum err take(struct minutes_facts *f, size_t *cap, struct record *r)
{
    if (is_counted(r->type) || f->lines_n == LINES_MAX) {
        f->others[r->type]++;
        record_free(r);
        return E_OK;
    }
    if (f->lines_n == *cap) {
        size_t more = *cap == 0 ? 64 : 2 * *cap;
        struct record *lines = reallocarray(f->lines, more, sizeof *lines);
        if (lines == NULL) {
            starved_note();
            record_free(r);
            return E_NO_MEMORY;
        }
        f->lines = lines;
        *cap = more;
    }
    f->lines[f->lines_n++] = *r;
    return E_OK;
}

static void drop(struct minutes_facts *f)
{
    while (f->lines_n > 0)
        record_free(&f->lines[--f->lines_n]);
}

static bool begins_here(const struct record *r, const char *ceremony)
{
    return r->type == RECORD_CEREMONY && strcmp(record_text(r, "ceremony"), ceremony) == 0;
}

static enum err read_lines(struct log_reader *reader, const char *ceremony, uint64_t size, struct minutes_facts *f, struct diag *d)
{
    bool begun = false, more = true; /* a log that this ceremony began is told from its genesis line on */
    size_t cap = 0;
    enum err e = E_OK;
    while (e == E_OK && log_reader_position(reader)->size < size) {
        struct record r;
        struct span line;
        e = log_reader_next(reader, &line, &r, &more, d);
        if (e != E_OK || !more)
            break;
        if (!begun && begins_here(&r, ceremony)) {
            begun = true;
            if (r.seq > 2)
                drop(f);
        }
        if (begun || r.seq == 1)
            e = take(f, &cap, &r);
        else
            record_free(&r);
        if (e == E_NO_MEMORY)
            diag_set(d, e, "the lines of the log");
    }
    if (!begun)
        drop(f);
    return e;
}

enum err minutes_facts_read(int state_fd, const char *ceremony, uint64_t size, const uint8_t head[DIGEST_LEN],
                            struct minutes_facts *out, struct diag *d)
{
    struct log_reader *reader = NULL;
    *out = (struct minutes_facts){0};
    enum err e = log_reader_open(state_fd, LOG_FILE, NULL, &reader, d);
    if (e != E_OK)
        return e;
    e = read_lines(reader, ceremony, size, out, d);
    const struct log_position *end = log_reader_position(reader);
    if (e == E_OK && (end->size != size || memcmp(end->head, head, DIGEST_LEN) != 0))
        e = diag_set(d, E_TRANSCRIPT, "line %" PRIu64 " of the log is not the one of the transcript", size);
    memcpy(out->log, end->id, DIGEST_LEN);
    out->has_log = true;
    log_reader_close(reader);
    return e;
}

void minutes_facts_free(struct minutes_facts *f)
{
    drop(f);
    free(f->lines);
    *f = (struct minutes_facts){0};
}
