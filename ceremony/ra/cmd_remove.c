#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/request.h"
#include "commands.h"
#include "core/i18n.h"
#include "ra/desk.h"

/* The requests that go, by their ids, and the lines that stay. */
struct removal {
    char **ids;
    size_t n;
    bool *found; /* of each id: there is such a request */
    struct buf lines;
    int64_t removed;
};

static bool goes(struct removal *w, const char *id)
{
    bool any = false;
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->ids[i], id) == 0)
            any = w->found[i] = true;
    return any;
}

/* A line that stays, stays byte for byte; one that cannot be read is nobody's, and a new header would hide it. */
static enum err take_line(struct removal *w, struct span line, uint64_t number, struct diag *d)
{
    struct request r;
    enum err e = request_parse(line, number, &r, d);
    if (e == E_OK && goes(w, r.id)) {
        w->removed++;
    } else if (e == E_OK) {
        buf_append(&w->lines, line.p, line.n);
        buf_append_byte(&w->lines, '\n');
        if (buf_err(&w->lines) != E_OK)
            e = diag_set(d, E_NO_MEMORY, BATCH_FILE);
    }
    request_free(&r);
    return e;
}

static enum err take_lines(struct removal *w, const struct desk *k, struct diag *d)
{
    struct lines requests = k->requests;
    struct span line;
    enum err line_error, e = E_OK;
    while (e == E_OK && desk_next(&requests, &line, &line_error))
        e = line_error == E_OK ? take_line(w, line, requests.number, d)
                               : diag_set(d, line_error, "%s line %" PRIu64, BATCH_FILE, (uint64_t)requests.number);
    for (size_t i = 0; e == E_OK && i < w->n; i++) {
        if (w->found[i])
            continue;
        e = diag_set(d, E_USAGE, "%s: the batch has no such request", w->ids[i]);
        diag_advise(d, "ra show lists the requests; nothing was removed");
    }
    return e;
}

static enum err remove_all(struct removal *w, struct desk *k, struct diag *d)
{
    enum err e = desk_open_locked(options.dir, k, d);
    if (e == E_OK)
        e = desk_check_unapproved(k, d);
    if (e == E_OK)
        e = desk_check_count(k, d);
    if (e == E_OK)
        e = take_lines(w, k, d);
    if (e != E_OK)
        return e;
    k->header.count -= w->removed;
    return desk_write(k->fd, &k->header, buf_span(&w->lines), d);
}

enum err cmd_remove(int n, char **operands, struct diag *d)
{
    struct removal w = {.ids = operands, .n = (size_t)n, .found = calloc((size_t)n + 1, sizeof *w.found)};
    struct desk k = {.fd = -1};
    enum err e = w.found != NULL ? E_OK : diag_set(d, E_NO_MEMORY, BATCH_FILE);
    if (e == E_OK && n == 0)
        e = diag_set(d, E_USAGE, "name the ids of the requests that go");
    if (e == E_OK)
        e = remove_all(&w, &k, d);
    if (e == E_OK)
        printf(i18n_plural("%" PRId64 " request removed; the batch has %" PRId64 "\n",
                           "%" PRId64 " requests removed; the batch has %" PRId64 "\n", (uint64_t)w.removed),
               w.removed, k.header.count);
    buf_free(&w.lines);
    free(w.found);
    desk_close(&k);
    return e;
}
