#include "audit/transcripts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/ceremonies.h"
#include "audit/records.h"
#include "batch/state.h"
#include "core/clock.h"
#include "room/extent.h"
#include "room/record_files.h"
#include "room/transcript.h"

/* -- events -- */

const char *transcripts_text(const json_t *event, const char *key)
{
    const char *s = json_string_value(json_object_get(event, key));
    return s != NULL ? s : "";
}

bool transcripts_is(const json_t *event, const char *name)
{
    return strcmp(transcripts_text(event, "event"), name) == 0;
}

json_int_t transcripts_step(const json_t *event)
{
    return json_integer_value(json_object_get(event, "n"));
}

/* Short names for this file, where they stand in every line. */
#define text_of transcripts_text
#define is transcripts_is
#define step_of transcripts_step

static const json_t *event_at(const struct transcripts_entry *t, size_t i)
{
    return json_array_get(t->events, i);
}

bool transcripts_is_end(const json_t *event)
{
    return is(event, "done") || (is(event, "exception") && text_of(event, "about")[0] == '\0');
}

bool transcripts_is_undone(const struct transcripts_entry *t, size_t i, size_t end)
{
    for (size_t k = i + 1; k < end; k++)
        if (is(event_at(t, k), "undone") && step_of(event_at(t, k)) == step_of(event_at(t, i)))
            return true;
    return false;
}

void transcripts_wrong(struct audit *a, const struct transcripts_entry *t, size_t from, size_t to, const char *what)
{
    char lines[48];
    snprintf(lines, sizeof lines, to > from ? "%zu-%zu" : "%zu", from + 1, to + 1);
    audit_error(a, E_TRANSCRIPT, CEREMONIES_DIR "/%s/" TRANSCRIPT_FILE ":%s: %s", t->name, lines, what);
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

static bool is_known(const char *name)
{
    for (int k = 0; k < EVENT_KINDS; k++)
        if (strcmp(event_name((enum event)k), name) == 0)
            return true;
    return false;
}

/* Each is one of ours, none is before the one above it, and the file ends with a whole line. */
static void check_events(struct audit *a, const struct transcripts_entry *t, off_t bytes)
{
    int64_t last = 0, at;
    const size_t n = json_array_size(t->events);
    for (size_t i = 0; i < n; i++) {
        const json_t *event = event_at(t, i);
        if (!is_known(text_of(event, "event")))
            transcripts_wrong(a, t, i, i, "there is no such event");
        if (!clock_parse(text_of(event, "at"), &at) || at < last)
            transcripts_wrong(a, t, i, i, "its time is before that of the line above, or none");
        else
            last = at;
    }
    if (bytes > (off_t)t->lines.len)
        audit_note(a, CEREMONIES_DIR "/%s/" TRANSCRIPT_FILE ": %lld bytes of an unfinished line follow the last one: an interruption, or "
                      "somebody cut it", t->name, (long long)(bytes - (off_t)t->lines.len));
}

static void tell_rehearsal(struct audit *a, const struct transcripts_entry *t)
{
    for (size_t i = 0; i < json_array_size(t->events); i++)
        if (is(event_at(t, i), "open") && json_is_true(json_object_get(event_at(t, i), "rehearsal"))) {
            audit_note(a, "the ceremony %s was a rehearsal on a throw-away token: nothing that it made is in force", t->name);
            return;
        }
}

static enum err read_events(struct audit *a, struct transcripts_entry *t)
{
    struct diag why = {0}, d = {0};
    struct stat st = {0};
    int fd = -1;
    enum err e = ceremonies_open(a, t->name, &fd, &d);
    t->gone = e != E_OK;
    if (e == E_OK) {
        e = extent_read(fd, &t->events, &why);
        if (e != E_OK && e != E_NO_MEMORY)
            e = diag_wrap(&d, E_ARCHIVE, &why, "%s/%s/%s", CEREMONIES_DIR, t->name, TRANSCRIPT_FILE);
    }
    if (e == E_OK && fstatat(fd, TRANSCRIPT_FILE, &st, AT_SYMLINK_NOFOLLOW) != 0)
        e = diag_set(&d, E_ARCHIVE, CEREMONIES_DIR "/%s/" TRANSCRIPT_FILE, t->name);
    if (fd >= 0)
        close(fd);
    if (e == E_OK)
        e = records_name(a, t->name, TRANSCRIPT_FILE);
    if (e == E_OK)
        e = add_lines(t);
    if (e == E_OK) {
        check_events(a, t, st.st_size);
        tell_rehearsal(a, t);
    }
    return audit_take(a, e, &d);
}

/* Read when it is asked for first. */
enum err transcripts_read(struct audit *a, const char *name, struct transcripts_entry **out)
{
    struct transcripts *all = &a->transcripts;
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(all->v[i]->name, name) == 0) {
            *out = all->v[i];
            return E_OK;
        }
    *out = NULL;
    struct transcripts_entry **more = reallocarray(all->v, all->n + 1, sizeof *more), *one = calloc(1, sizeof *one);
    if (more != NULL)
        all->v = more;
    if (more == NULL || one == NULL) {
        free(one);
        return E_NO_MEMORY;
    }
    snprintf(one->name, sizeof one->name, "%s", name);
    *out = all->v[all->n++] = one;
    return read_events(a, one);
}

/* -- a line -- */

/* At event i, which is about this step. */
static void wrong(struct audit *a, const struct transcripts_entry *t, size_t i, const char *what)
{
    char text[128];
    snprintf(text, sizeof text, "%s step %lld", what, (long long)step_of(event_at(t, i)));
    transcripts_wrong(a, t, i, i, text);
}

/* The event that ends this step, with the file as the line says up to there. */
static enum err find_end(const struct transcripts_entry *t, const struct record *r, size_t *out)
{
    uint8_t said[DIGEST_LEN], here[DIGEST_LEN];
    const size_t n = json_array_size(t->events);
    enum err e = record_digest(r, "transcript", said);
    *out = n;
    for (size_t i = t->at; i < n && e == E_OK && *out == n; i++) {
        const json_t *event = event_at(t, i);
        if (step_of(event) != record_number(r, "step") || !transcripts_is_end(event))
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
        wrong(a, t, end, "the line tells otherwise of the end of");
    if (e == E_OK && !exception && is_time(t, end) && t->persons == 0)
        wrong(a, t, end, "no time line tells of those who confirmed");
    for (size_t i = t->at; i < end; i++)
        if (transcripts_is_end(event_at(t, i)) && !transcripts_is_undone(t, i, end))
            wrong(a, t, i, "no line tells of this end of");
    return e;
}

/* What those present did without, in steps that are done all the same. */
static void tell_parts(struct audit *a, const struct transcripts_entry *t, size_t end)
{
    for (size_t i = t->at; i <= end; i++)
        if (is(event_at(t, i), "exception") && !transcripts_is_end(event_at(t, i)))
            audit_note(a, "exception in step %lld of the ceremony %s, about %s: %s", (long long)step_of(event_at(t, i)), t->name,
                       text_of(event_at(t, i), "about"), text_of(event_at(t, i), "code"));
}

/* What differs lies between the end that was compared last and this one; no later end can be as its line says. */
static void tell_broken(struct audit *a, struct transcripts_entry *t, json_int_t step)
{
    char text[160];
    const size_t n = json_array_size(t->events);
    size_t last = t->at;
    while (last < n && !(transcripts_is_end(event_at(t, last)) && step_of(event_at(t, last)) == step))
        last++;
    snprintf(text, sizeof text, "it was not as the line says at the end of step %lld; all later ends of steps follow from it", (long long)step);
    transcripts_wrong(a, t, t->at, last < n ? last : n - (n > 0), text);
    t->broken = true;
}

static enum err take_end(struct audit *a, struct transcripts_entry *t, const struct record *r)
{
    size_t end;
    if (t->broken)
        return E_OK;
    enum err e = find_end(t, r, &end);
    if (e == E_OK && end == json_array_size(t->events))
        tell_broken(a, t, record_number(r, "step"));
    else if (e == E_OK) {
        e = check_end(a, t, r, end);
        tell_parts(a, t, end);
        t->at = end + 1;
        t->line = r->seq;
        t->persons = 0;
    }
    return e;
}

/* It comes before the line of its step, whose end the transcript has by then. */
static void take_time(struct audit *a, struct transcripts_entry *t, const struct record *r)
{
    const struct course *c = courses_find(&a->transcripts.courses, t->name);
    const size_t n = json_array_size(t->events);
    t->persons = record_number(r, "persons");
    if (c == NULL || t->broken)
        return;
    for (size_t i = t->at; i < n; i++) {
        if (!transcripts_is_end(event_at(t, i)) || step_of(event_at(t, i)) != c->done + 1 || !is_time(t, i))
            continue;
        if (confirmed(t, i) == t->persons)
            return;
        wrong(a, t, i, "the time line tells of others who confirmed");
        return;
    }
    audit_error(a, E_TRANSCRIPT, CEREMONIES_DIR "/%s/" TRANSCRIPT_FILE ": nobody confirmed the clock there", t->name);
}

/* The lines of the steps after this one are taken back, because the token was not told of them. What follows may be their ends
 * once more, when they were over in the room, or those of the same steps done anew. */
static void take_back(struct transcripts_entry *t, int64_t done)
{
    while (t->at > 0 && !(transcripts_is_end(event_at(t, t->at - 1)) && step_of(event_at(t, t->at - 1)) == done))
        t->at--;
}

enum err transcripts_take(struct audit *a, const struct record *r)
{
    struct transcripts_entry *t;
    struct diag why = {0};
    enum err e = courses_take(&a->transcripts.courses, r, &why);
    if (e != E_OK)
        return audit_take(a, e, &why);
    e = transcripts_read(a, record_text(r, "ceremony"), &t);
    if (e == E_OK && r->type == RECORD_CEREMONY)
        take_back(t, record_number(r, "done"));
    if (e == E_OK && r->type == RECORD_TIME && t->events != NULL)
        take_time(a, t, r);
    if (e == E_OK && t->events != NULL && (r->type == RECORD_STEP || r->type == RECORD_EXCEPTION))
        e = take_end(a, t, r);
    return e;
}

void transcripts_free(struct transcripts *t)
{
    for (size_t i = 0; i < t->n; i++) {
        json_decref(t->v[i]->events);
        buf_free(&t->v[i]->lines);
        free(t->v[i]->ends);
        free(t->v[i]);
    }
    free(t->v);
    set_free(&t->named);
    courses_free(&t->courses);
    *t = (struct transcripts){0};
}
