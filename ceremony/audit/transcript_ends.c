#include "audit/transcript_ends.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "batch/state.h"
#include "core/clock.h"
#include "room/record_files.h"

static const json_t *event_at(const struct transcripts_entry *t, size_t i)
{
    return json_array_get(t->events, i);
}

/* -- where the log stood -- */

struct stood {
    const struct transcripts_entry *t;
    size_t i; /* the event */
    uint64_t size;
    uint8_t head[DIGEST_LEN];
    int64_t at;
};

struct all_stood {
    struct stood *v;
    size_t n;
};

static enum err add(struct audit *a, struct all_stood *all, const struct transcripts_entry *t, size_t i)
{
    const json_t *event = event_at(t, i);
    const json_int_t size = json_integer_value(json_object_get(event, "size"));
    struct stood one = {.t = t, .i = i, .size = (uint64_t)size};
    if (size < 1 || !hex_decode(transcripts_text(event, "head"), one.head, DIGEST_LEN) ||
        !clock_parse(transcripts_text(event, "at"), &one.at)) {
        transcripts_wrong(a, t, i, i, "it does not say where the log stood");
        return E_OK;
    }
    struct stood *more = reallocarray(all->v, all->n + 1, sizeof *more);
    if (more == NULL)
        return E_NO_MEMORY;
    all->v = more;
    all->v[all->n++] = one;
    return E_OK;
}

static enum err collect(struct audit *a, struct all_stood *all)
{
    enum err e = E_OK;
    for (size_t k = 0; k < a->transcripts.n; k++) {
        const struct transcripts_entry *t = a->transcripts.v[k];
        for (size_t i = 0; i < json_array_size(t->events) && e == E_OK; i++)
            if (transcripts_is(event_at(t, i), "head"))
                e = add(a, all, t, i);
    }
    return e;
}

static int by_size(const void *one, const void *other)
{
    const struct stood *a = one, *b = other;
    return (a->size > b->size) - (a->size < b->size);
}

static void compare(struct audit *a, const struct stood *s, const struct log_position *at)
{
    char text[96];
    snprintf(text, sizeof text, "line %llu of the log is another one", (unsigned long long)s->size);
    if (memcmp(s->head, at->head, DIGEST_LEN) != 0)
        transcripts_wrong(a, s->t, s->i, s->i, text);
    else if (s->at < at->time) {
        snprintf(text, sizeof text, "line %llu of the log was written later", (unsigned long long)s->size);
        transcripts_wrong(a, s->t, s->i, s->i, text);
    }
}

/* They are in the order of the lines; once along the log, and no further than they tell. */
static enum err compare_all(struct audit *a, const struct all_stood *all, struct diag *d)
{
    struct log_reader *reader = NULL;
    size_t k = 0;
    bool more = true;
    enum err e = log_reader_open(a->state_fd, LOG_FILE, NULL, &reader, d);
    while (e == E_OK && more && k < all->n) {
        struct record r = {0};
        struct span line;
        e = log_reader_next(reader, &line, &r, &more, d);
        if (e != E_OK || !more)
            break;
        record_free(&r);
        for (; k < all->n && all->v[k].size == log_reader_position(reader)->size; k++)
            compare(a, &all->v[k], log_reader_position(reader));
    }
    log_reader_close(reader);
    if (e == E_OK && k < all->n) {
        const struct stood *s = &all->v[all->n - 1];
        audit_error(a, E_LOG_ROLLED_BACK, CEREMONIES_DIR "/%s/" TRANSCRIPT_FILE ":%zu: the log had %llu lines, and has %llu", s->t->name,
                    s->i + 1, (unsigned long long)s->size, (unsigned long long)a->end.size);
    }
    return e;
}

enum err transcript_heads_finish(struct audit *a)
{
    struct all_stood all = {0};
    struct diag why = {0};
    enum err e = collect(a, &all);
    if (e == E_OK && all.n > 0) {
        qsort(all.v, all.n, sizeof *all.v, by_size);
        e = compare_all(a, &all, &why);
    }
    free(all.v);
    return audit_take(a, e, &why);
}

/* -- after the last line -- */

/* Ends of steps that no line tells of. */
static void check_ends(struct audit *a, const struct transcripts_entry *t, bool over)
{
    const size_t n = json_array_size(t->events);
    for (size_t i = t->at; i < n; i++) {
        const long long step = (long long)transcripts_step(event_at(t, i));
        char text[64];
        if (!transcripts_is_end(event_at(t, i)) || transcripts_is_undone(t, i, n))
            continue;
        snprintf(text, sizeof text, "no line tells of this end of step %lld", step);
        if (over)
            transcripts_wrong(a, t, i, i, text);
        else
            audit_open(a, "the ceremony %s: that step %lld is over stands in no line of the log, and anybody could have written it",
                       t->name, step);
    }
}

/* The first event that another start left, or the failure of the seal, with the words in which that was told. */
static size_t begins_anew(const struct transcripts_entry *t)
{
    const size_t n = json_array_size(t->events);
    size_t i = t->at;
    while (i < n && transcripts_is(event_at(t, i), "said"))
        i++;
    if (i < n && transcripts_is(event_at(t, i), "failed"))
        return t->at;
    for (i = t->at; i < n && !transcripts_is(event_at(t, i), "open");)
        i++;
    return i;
}

static void check_rest(struct audit *a, const struct transcripts_entry *t)
{
    const size_t n = json_array_size(t->events), anew = begins_anew(t);
    for (size_t i = t->at; i < anew; i++)
        if (!transcripts_is_end(event_at(t, i))) /* which was told */
            transcripts_wrong(a, t, i, i, "nothing of the kind follows the end of the last step");
    if (anew < n)
        audit_note(a, CEREMONIES_DIR "/%s/" TRANSCRIPT_FILE ":%zu-%zu: it was started again after its end; no line of the log covers that, "
                      "and anybody could have written it", t->name, anew + 1, n);
}

void transcript_ends_finish(struct audit *a)
{
    for (size_t k = 0; k < a->transcripts.n; k++) {
        const struct transcripts_entry *t = a->transcripts.v[k];
        const struct course *c = courses_find(&a->transcripts.courses, t->name);
        const bool over = c != NULL && c->done == c->steps;
        if (c == NULL || t->broken || t->events == NULL)
            continue;
        check_ends(a, t, over);
        if (over)
            check_rest(a, t);
        if (over && a->sealed < t->line)
            audit_open(a, "the ceremony %s: its last line, %llu, is under no seal: an interruption came before it, or the seal was cut off",
                       t->name, (unsigned long long)t->line);
    }
}
