#include "audit/transcripts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/ceremonies.h"
#include "batch/state.h"
#include "room/extent.h"
#include "room/record_files.h"

/* -- events -- */

static const char *text_of(const json_t *event, const char *key)
{
    const char *s = json_string_value(json_object_get(event, key));
    return s != NULL ? s : "";
}

static bool is(const json_t *event, const char *name)
{
    return strcmp(text_of(event, "event"), name) == 0;
}

static json_int_t step_of(const json_t *event)
{
    return json_integer_value(json_object_get(event, "n"));
}

static const json_t *event_at(const struct transcripts_entry *t, size_t i)
{
    return json_array_get(t->events, i);
}

static bool is_end(const json_t *event)
{
    return is(event, "done") || (is(event, "exception") && text_of(event, "about")[0] == '\0');
}

/* Does an event before `end` say that the step which event i ends is done again? */
static bool is_undone(const struct transcripts_entry *t, size_t i, size_t end)
{
    for (size_t k = i + 1; k < end; k++)
        if (is(event_at(t, k), "undone") && step_of(event_at(t, k)) == step_of(event_at(t, i)))
            return true;
    return false;
}

/* -- reading -- */

static enum err add_lines(struct transcripts_entry *t)
{
    const size_t n = json_array_size(t->events);
    enum err e = E_OK;
    t->ends = calloc(n + 1, sizeof *t->ends);
    if (t->ends == NULL)
        return E_NO_MEMORY;
    for (size_t i = 0; i < n && e == E_OK; i++) {
        e = json_line_write(event_at(t, i), &t->lines);
        buf_append_byte(&t->lines, '\n');
        t->ends[i] = t->lines.len;
    }
    return e == E_OK ? buf_err(&t->lines) : e;
}

static enum err read_events(struct audit *a, struct transcripts_entry *t)
{
    struct diag why = {0}, d = {0};
    int fd = -1;
    enum err e = ceremonies_open(a, t->name, &fd, &d);
    if (e == E_OK) {
        e = extent_read(fd, &t->events, &why);
        if (e != E_OK && e != E_NO_MEMORY)
            e = diag_wrap(&d, E_ARCHIVE, &why, "%s/%s/%s", CEREMONIES_DIR, t->name, TRANSCRIPT_FILE);
    }
    if (fd >= 0)
        close(fd);
    if (e == E_OK)
        e = add_lines(t);
    return audit_take(a, e, &d);
}

/* The ceremony's, read when it is asked for first. */
static enum err find(struct audit *a, const char *name, struct transcripts_entry **out)
{
    struct transcripts *all = &a->transcripts;
    for (size_t i = 0; i < all->n; i++) {
        *out = &all->v[i];
        if (strcmp(all->v[i].name, name) == 0)
            return E_OK;
    }
    *out = NULL;
    struct transcripts_entry *more = reallocarray(all->v, all->n + 1, sizeof *more);
    if (more == NULL)
        return E_NO_MEMORY;
    all->v = more;
    *out = &all->v[all->n++];
    **out = (struct transcripts_entry){0};
    snprintf((*out)->name, sizeof(*out)->name, "%s", name);
    return read_events(a, *out);
}

/* -- a line -- */

static void wrong(struct audit *a, const struct transcripts_entry *t, const char *what, json_int_t step)
{
    audit_error(a, E_TRANSCRIPT, "%s/%s/%s: %s step %lld", CEREMONIES_DIR, t->name, TRANSCRIPT_FILE, what, (long long)step);
}

/* The event that ends this step, with the file as the line says up to there. The line of the minutes' step comes before their end,
 * after what those present did. */
static enum err find_end(const struct transcripts_entry *t, const struct record *r, size_t *out)
{
    uint8_t said[DIGEST_LEN], here[DIGEST_LEN];
    const size_t n = json_array_size(t->events);
    enum err e = record_digest(r, "transcript", said);
    *out = n;
    for (size_t i = t->at; i < n && e == E_OK && *out == n; i++) {
        const json_t *event = event_at(t, i);
        if (step_of(event) != record_number(r, "step") || is(event, "said"))
            continue;
        e = digest_bytes(DIGEST_SHA256, t->lines.data, t->ends[i], here);
        if (e == E_OK && memcmp(here, said, DIGEST_LEN) == 0)
            *out = i;
    }
    return e;
}

static enum err same_reason(const struct record *r, const json_t *event, bool *same)
{
    uint8_t said[DIGEST_LEN], here[DIGEST_LEN] = {0};
    const char *reason = text_of(event, "reason");
    enum err e = record_digest(r, "reason", said);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, reason, strlen(reason), here);
    *same = e == E_OK && memcmp(said, here, DIGEST_LEN) == 0 && strcmp(record_text(r, "code"), text_of(event, "code")) == 0;
    return e;
}

/* How many confirmed the step since it was shown last, or failed: then they confirm anew. */
static int64_t confirmed(const struct transcripts_entry *t, size_t end)
{
    int64_t n = 0;
    for (size_t i = t->at; i < end; i++) {
        if (step_of(event_at(t, i)) != step_of(event_at(t, end)))
            continue;
        if (is(event_at(t, i), "step") || is(event_at(t, i), "failed"))
            n = 0;
        n += is(event_at(t, i), "confirm");
    }
    return n;
}

static bool is_time(const struct transcripts_entry *t, size_t end)
{
    for (size_t i = t->at; i < end; i++)
        if (is(event_at(t, i), "step") && step_of(event_at(t, i)) == step_of(event_at(t, end)))
            return strcmp(text_of(event_at(t, i), "do"), "time") == 0;
    return false;
}

static enum err check_end(struct audit *a, const struct transcripts_entry *t, const struct record *r, size_t end)
{
    const json_t *event = event_at(t, end);
    const bool exception = r->type == RECORD_EXCEPTION;
    bool same = exception == is(event, "exception");
    enum err e = same && exception ? same_reason(r, event, &same) : E_OK;
    if (e == E_OK && !same)
        wrong(a, t, "the line tells otherwise of the end of", step_of(event));
    if (e == E_OK && !exception && is_time(t, end) && confirmed(t, end) != t->persons)
        wrong(a, t, "the time line tells of others who confirmed", step_of(event));
    for (size_t i = t->at; i < end; i++)
        if (is_end(event_at(t, i)) && !is_undone(t, i, end))
            wrong(a, t, "no line tells of this end of", step_of(event_at(t, i)));
    return e;
}

/* What those present did without, in steps that are done all the same. */
static void tell_parts(struct audit *a, const struct transcripts_entry *t, size_t end)
{
    for (size_t i = t->at; i <= end; i++)
        if (is(event_at(t, i), "exception") && !is_end(event_at(t, i)))
            audit_note(a, "exception in step %lld of the ceremony %s, about %s: %s", (long long)step_of(event_at(t, i)), t->name,
                       text_of(event_at(t, i), "about"), text_of(event_at(t, i), "code"));
}

static enum err take_end(struct audit *a, struct transcripts_entry *t, const struct record *r)
{
    size_t end;
    enum err e = find_end(t, r, &end);
    if (e == E_OK && end == json_array_size(t->events))
        wrong(a, t, "it was not as the line says at the end of", record_number(r, "step"));
    else if (e == E_OK) {
        e = check_end(a, t, r, end);
        tell_parts(a, t, end);
        t->at = end + 1;
    }
    return e;
}

/* The lines of the steps after this one are taken back, because the token was not told of them. What follows may be their ends
 * once more, when they were over in the room, or those of the same steps done anew. */
static void take_back(struct transcripts_entry *t, int64_t done)
{
    while (t->at > 0 && !(is_end(event_at(t, t->at - 1)) && step_of(event_at(t, t->at - 1)) == done))
        t->at--;
}

enum err transcripts_take(struct audit *a, const struct record *r)
{
    struct transcripts_entry *t;
    struct diag why = {0};
    enum err e = courses_take(&a->transcripts.courses, r, &why);
    if (e != E_OK)
        return audit_take(a, e, &why);
    e = find(a, record_text(r, "ceremony"), &t);
    if (e == E_OK && r->type == RECORD_CEREMONY)
        take_back(t, record_number(r, "done"));
    if (e == E_OK && r->type == RECORD_TIME)
        t->persons = record_number(r, "persons");
    if (e == E_OK && t->events != NULL && (r->type == RECORD_STEP || r->type == RECORD_EXCEPTION))
        e = take_end(a, t, r);
    return e;
}

/* -- after the log -- */

/* What follows the minutes is their own step's. */
void transcripts_finish(struct audit *a)
{
    for (size_t k = 0; k < a->transcripts.n; k++) {
        const struct transcripts_entry *t = &a->transcripts.v[k];
        const struct course *c = courses_find(&a->transcripts.courses, t->name);
        const size_t n = json_array_size(t->events);
        for (size_t i = t->at; i < n && c != NULL; i++) {
            const json_t *event = event_at(t, i);
            if (!is_end(event) || is_undone(t, i, n) || (c->done == c->steps && step_of(event) == c->steps && is(event, "done")))
                continue;
            if (c->done == c->steps)
                wrong(a, t, "no line tells of this end of", step_of(event));
            else
                audit_open(a, "the ceremony %s: that step %lld is over stands in no line of the log, and anybody could have written it",
                           t->name, (long long)step_of(event));
        }
    }
}

void transcripts_free(struct transcripts *t)
{
    for (size_t i = 0; i < t->n; i++) {
        json_decref(t->v[i].events);
        buf_free(&t->v[i].lines);
        free(t->v[i].ends);
    }
    free(t->v);
    courses_free(&t->courses);
    *t = (struct transcripts){0};
}
