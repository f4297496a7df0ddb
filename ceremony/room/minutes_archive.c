#include "room/minutes_archive.h"

#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "room/record_files.h"
#include "room/transcript.h"

/* -- the transcript -- */

static enum err add_event(json_t *events, const char *line, size_t n, struct diag *d)
{
    char where[48];
    json_t *event = NULL;
    snprintf(where, sizeof where, TRANSCRIPT_FILE ":%zu", json_array_size(events) + 1);
    enum err e = json_line_parse_canonical(line, n, where, E_TRANSCRIPT, &event, d);
    if (e == E_OK && json_array_append_new(events, event) != 0)
        e = diag_set(d, E_NO_MEMORY, "%s", where);
    return e;
}

enum err minutes_events(int dir_fd, json_t **out, struct diag *d)
{
    struct buf bytes = {0};
    json_t *events = json_array();
    *out = NULL;
    enum err e = events != NULL ? file_read(dir_fd, TRANSCRIPT_FILE, RECORD_FILE_MAX, &bytes, NULL, d)
                                : diag_set(d, E_NO_MEMORY, TRANSCRIPT_FILE);
    const char *p = (const char *)bytes.data, *end = p + bytes.len, *line_end;
    while (e == E_OK && p < end && (line_end = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        e = add_event(events, p, (size_t)(line_end - p), d);
        p = line_end + 1;
    }
    if (e == E_OK)
        *out = json_incref(events);
    json_decref(events);
    buf_free(&bytes);
    return e;
}

/* -- the minutes -- */

/* The last event that says where the log stood, among those that the minutes tell of; NULL when there is none. */
static const json_t *last_head(const struct script *s, const json_t *events)
{
    for (size_t i = minutes_extent(s, events); i > 0; i--) {
        const json_t *event = json_array_get(events, i - 1);
        const char *name = json_string_value(json_object_get(event, "event"));
        if (name != NULL && strcmp(name, event_name(EVENT_HEAD)) == 0)
            return event;
    }
    return NULL;
}

static enum err read_facts(int state_fd, const struct script *s, const json_t *events, struct minutes_facts *out, struct diag *d)
{
    uint8_t head[DIGEST_LEN];
    int64_t size;
    struct diag why = {0};
    const json_t *event = last_head(s, events);
    *out = (struct minutes_facts){0};
    if (event == NULL)
        return E_OK;
    enum err e = json_get_integer(event, "size", 1, INT64_MAX, &size, TRANSCRIPT_FILE, &why);
    if (e == E_OK)
        e = json_get_digest(event, "head", head, TRANSCRIPT_FILE, &why);
    if (e != E_OK)
        return diag_set(d, E_TRANSCRIPT, "%s", why.text);
    return minutes_facts_read(state_fd, s->name, (uint64_t)size, head, out, d);
}

enum err minutes_make(int state_fd, int dir_fd, const struct script *s, const char *language, struct minutes *out, struct diag *d)
{
    struct minutes_facts facts = {0};
    json_t *events = NULL;
    *out = (struct minutes){0};
    enum err e = minutes_events(dir_fd, &events, d);
    if (e == E_OK)
        e = read_facts(state_fd, s, events, &facts, d);
    facts.language = language;
    if (e == E_OK)
        e = minutes_write(s, events, &facts, out, d);
    json_decref(events);
    minutes_facts_free(&facts);
    return e;
}

void minutes_language(struct span html, char out[MINUTES_LANGUAGE])
{
    static const char before[] = "<html lang=\"";
    const char *at = html.n > 0 ? memmem(html.p, html.n, before, sizeof before - 1) : NULL;
    out[0] = '\0';
    if (at == NULL)
        return;
    at += sizeof before - 1;
    size_t left = html.n - (size_t)(at - (const char *)html.p);
    const char *end = memchr(at, '"', left < MINUTES_LANGUAGE ? left : MINUTES_LANGUAGE);
    if (end != NULL)
        snprintf(out, MINUTES_LANGUAGE, "%.*s", (int)(end - at), at);
}
