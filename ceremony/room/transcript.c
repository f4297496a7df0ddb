#include "room/transcript.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/file.h"
#include "room/record_files.h"

static const char *const names[EVENT_KINDS] = {"open",      "present", "step",    "confirm", "said",   "checked", "exception",
                                               "failed",    "signed",  "stopped", "head",    "done",    "undone"};

struct entry {
    json_t *obj;
    enum event kind;
    size_t end; /* bytes of the file up to there */
};

struct transcript {
    int fd;
    int64_t last; /* time of the last event */
    bool broken;  /* what was written could not be taken back */
    struct buf bytes; /* of the whole file */
    struct entry *v;
    size_t n;
};

const char *event_name(enum event e)
{
    return (unsigned)e < EVENT_KINDS ? names[e] : "?";
}

static bool by_name(const char *name, enum event *out)
{
    for (int i = 0; i < EVENT_KINDS; i++)
        if (name != NULL && strcmp(names[i], name) == 0) {
            *out = (enum event)i;
            return true;
        }
    return false;
}

/* Takes obj over, on failure too. */
static enum err keep(struct transcript *t, enum event kind, json_t *obj, size_t end, struct diag *d)
{
    struct entry *v = reallocarray(t->v, t->n + 1, sizeof *v);
    if (v == NULL) {
        json_decref(obj);
        return diag_set(d, E_NO_MEMORY, TRANSCRIPT_FILE);
    }
    t->v = v;
    t->v[t->n++] = (struct entry){obj, kind, end};
    return E_OK;
}

static enum err read_line(struct transcript *t, const char *line, size_t n, size_t end, struct diag *d)
{
    char where[48];
    json_t *obj = NULL;
    enum event kind = EVENT_KINDS;
    int64_t at = 0;
    snprintf(where, sizeof where, TRANSCRIPT_FILE ":%zu", t->n + 1);
    enum err e = json_line_parse_canonical(line, n, where, E_TRANSCRIPT, &obj, d);
    if (e == E_OK && (!clock_parse(json_string_value(json_object_get(obj, "at")) != NULL
                                       ? json_string_value(json_object_get(obj, "at"))
                                       : "",
                                   &at) ||
                      at < t->last))
        e = diag_set(d, E_TRANSCRIPT, "%s: its time is wrong", where);
    if (e == E_OK && !by_name(json_string_value(json_object_get(obj, "event")), &kind))
        e = diag_set(d, E_TRANSCRIPT, "%s: no such event", where);
    if (e != E_OK) {
        json_decref(obj);
        return e;
    }
    t->last = at;
    return keep(t, kind, obj, end, d);
}

/* What a power cut left of the last line was never acted upon. */
static enum err cut_torn(struct transcript *t, struct diag *d)
{
    size_t whole = t->bytes.len;
    while (whole > 0 && t->bytes.data[whole - 1] != '\n')
        whole--;
    if (whole == t->bytes.len)
        return E_OK;
    t->bytes.len = whole;
    if (ftruncate(t->fd, (off_t)whole) != 0)
        return diag_errno(d, errno, TRANSCRIPT_FILE);
    return file_sync(t->fd, TRANSCRIPT_FILE, d);
}

static enum err read_all(struct transcript *t, struct diag *d)
{
    enum err e = E_OK;
    for (size_t at = 0; at < t->bytes.len && e == E_OK;) {
        const char *line = (const char *)t->bytes.data + at;
        size_t n = (size_t)((const char *)memchr(line, '\n', t->bytes.len - at) - line);
        at += n + 1;
        e = read_line(t, line, n, at, d);
    }
    return e;
}

enum err transcript_open(int dir_fd, struct transcript **out, struct diag *d)
{
    struct transcript *t = calloc(1, sizeof *t);
    *out = NULL;
    if (t == NULL)
        return diag_set(d, E_NO_MEMORY, TRANSCRIPT_FILE);
    t->fd = file_open_beneath(dir_fd, TRANSCRIPT_FILE, O_RDWR | O_CREAT | O_APPEND, 0600);
    enum err e = t->fd < 0 ? diag_errno(d, errno, TRANSCRIPT_FILE) : E_OK;
    if (e == E_OK)
        e = file_sync(dir_fd, TRANSCRIPT_FILE, d);
    if (e == E_OK)
        e = file_read(dir_fd, TRANSCRIPT_FILE, RECORD_FILE_MAX, &t->bytes, NULL, d);
    if (e == E_OK)
        e = cut_torn(t, d);
    if (e == E_OK)
        e = read_all(t, d);
    if (e != E_OK) {
        transcript_close(t);
        return e;
    }
    *out = t;
    return E_OK;
}

void transcript_close(struct transcript *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->n; i++)
        json_decref(t->v[i].obj);
    free(t->v);
    buf_free(&t->bytes);
    if (t->fd >= 0)
        close(t->fd);
    free(t);
}

/* A line that was not written whole is taken back, so that the next one does not follow half of it. */
static void take_back(struct transcript *t, size_t before)
{
    t->bytes.len = before;
    t->broken = ftruncate(t->fd, (off_t)before) != 0;
}

static enum err write_event(struct transcript *t, const json_t *obj, bool sync, struct diag *d)
{
    const size_t before = t->bytes.len;
    enum err e = t->broken ? diag_set(d, E_TRANSCRIPT, "%s could not be written to before", TRANSCRIPT_FILE) : E_OK;
    if (e != E_OK)
        return e;
    e = json_line_write(obj, &t->bytes);
    buf_append_byte(&t->bytes, '\n');
    if (e == E_OK)
        e = buf_err(&t->bytes);
    if (e == E_OK && t->bytes.len > RECORD_FILE_MAX)
        e = diag_set(d, E_TRANSCRIPT, "%s would be longer than %u bytes", TRANSCRIPT_FILE, RECORD_FILE_MAX);
    if (e == E_OK)
        e = file_write_all(t->fd, t->bytes.data + before, t->bytes.len - before, TRANSCRIPT_FILE, d);
    if (e == E_OK && sync)
        e = file_sync(t->fd, TRANSCRIPT_FILE, d);
    if (e != E_OK)
        take_back(t, before);
    return e;
}

enum err transcript_add(struct transcript *t, enum event event, json_t *fields, struct diag *d)
{
    char at[CLOCK_TEXT];
    const int64_t now = clock_now();
    clock_format(now, at);
    json_t *obj = json_pack("{s:s,s:s}", "at", at, "event", event_name(event));
    int rc = obj == NULL || fields == NULL ? -1 : json_object_update(obj, fields);
    json_decref(fields);
    enum err e = rc != 0 ? diag_set(d, E_NO_MEMORY, TRANSCRIPT_FILE) : E_OK;
    if (e == E_OK && now < t->last)
        e = diag_set(d, E_CLOCK_BEHIND, "the last line of %s is later than %s", TRANSCRIPT_FILE, at);
    if (e == E_OK)
        e = write_event(t, obj, event != EVENT_SAID, d);
    if (e != E_OK) {
        json_decref(obj);
        return e;
    }
    t->last = now;
    return keep(t, event, obj, t->bytes.len, d);
}

size_t transcript_count(const struct transcript *t)
{
    return t->n;
}

const json_t *transcript_event(const struct transcript *t, size_t i, enum event *event)
{
    *event = t->v[i].kind;
    return t->v[i].obj;
}

json_t *transcript_array(const struct transcript *t)
{
    json_t *all = json_array();
    for (size_t i = 0; i < t->n; i++)
        if (json_array_append(all, t->v[i].obj) != 0) {
            json_decref(all);
            return NULL;
        }
    return all;
}

static bool is_of(const struct entry *one, int n)
{
    return json_integer_value(json_object_get(one->obj, "n")) == n;
}

bool transcript_is_begun(const struct transcript *t, int n)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->v[i].kind == EVENT_STEP && is_of(&t->v[i], n))
            return true;
    return false;
}

static const char *about(const struct entry *one)
{
    return json_string_value(json_object_get(one->obj, "about"));
}

bool transcript_is_excepted(const struct transcript *t, int n, const char *part)
{
    for (size_t i = t->n; i > 0 && t->v[i - 1].kind != EVENT_OPEN; i--) {
        const struct entry *one = &t->v[i - 1];
        if (is_of(one, n) && one->kind == EVENT_EXCEPTION && about(one) != NULL && strcmp(about(one), part) == 0)
            return true;
    }
    return false;
}

bool transcript_is_signed(const struct transcript *t, int n, const char *person)
{
    for (size_t i = t->n; i > 0; i--) {
        const struct entry *one = &t->v[i - 1];
        const char *who = json_string_value(json_object_get(one->obj, one->kind == EVENT_SIGNED ? "person" : "about"));
        if (is_of(one, n) && (one->kind == EVENT_SIGNED || one->kind == EVENT_EXCEPTION) && who != NULL && strcmp(who, person) == 0)
            return one->kind == EVENT_SIGNED;
    }
    return false;
}

/* Does it say that its step is over? */
static bool is_end(const struct entry *one)
{
    return one->kind == EVENT_DONE || (one->kind == EVENT_EXCEPTION && about(one) == NULL);
}

static enum err digest_to(const struct transcript *t, size_t end, uint8_t out[DIGEST_LEN], struct diag *d)
{
    enum err e = digest_bytes(DIGEST_SHA256, t->bytes.data, end, out);
    return e == E_OK ? E_OK : diag_set(d, e, TRANSCRIPT_FILE);
}

enum err transcript_over(const struct transcript *t, int n, const json_t **out, enum event *how, uint8_t digest[DIGEST_LEN],
                         struct diag *d)
{
    *out = NULL;
    *how = EVENT_KINDS;
    for (size_t i = t->n; i > 0; i--) {
        const struct entry *one = &t->v[i - 1];
        if (!is_of(one, n) || (!is_end(one) && one->kind != EVENT_UNDONE))
            continue;
        if (one->kind == EVENT_UNDONE)
            return E_OK;
        *out = one->obj;
        *how = one->kind;
        return digest != NULL ? digest_to(t, one->end, digest, d) : E_OK;
    }
    return E_OK;
}

enum err transcript_held(const struct transcript *t, const uint8_t digest[DIGEST_LEN], bool *held, struct diag *d)
{
    enum err e = E_OK;
    *held = false;
    for (size_t i = t->n; i > 0 && e == E_OK && !*held; i--) { /* mostly it was but now */
        const struct entry *one = &t->v[i - 1];
        uint8_t here[DIGEST_LEN];
        if (one->kind == EVENT_SAID)
            continue;
        e = digest_to(t, one->end, here, d);
        *held = e == E_OK && memcmp(here, digest, DIGEST_LEN) == 0;
    }
    return e;
}

enum err transcript_digest(const struct transcript *t, uint8_t out[DIGEST_LEN], struct diag *d)
{
    return digest_to(t, t->bytes.len, out, d);
}
