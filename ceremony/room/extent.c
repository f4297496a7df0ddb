#include "room/extent.h"

#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "room/record_files.h"

static bool is(const json_t *event, const char *key, const char *value)
{
    const char *s = json_string_value(json_object_get(event, key));
    return s != NULL && strcmp(s, value) == 0;
}

size_t extent_of(const json_t *events)
{
    size_t n = json_array_size(events), extent = n;
    for (size_t i = n; i > 0; i--) {
        const json_t *event = json_array_get(events, i - 1);
        if (is(event, "event", "step") && !is(event, "do", "minutes"))
            break;
        if (is(event, "event", "step"))
            extent = i;
    }
    return extent;
}

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

enum err extent_read(int dir_fd, json_t **out, struct diag *d)
{
    struct buf bytes = {0};
    json_t *events = json_array();
    *out = NULL;
    enum err e = events != NULL ? file_read(dir_fd, TRANSCRIPT_FILE, RECORD_FILE_MAX, &bytes, NULL, d)
                                : diag_set(d, E_NO_MEMORY, TRANSCRIPT_FILE);
    for (size_t at = 0; e == E_OK && at < bytes.len;) {
        const char *line = (const char *)bytes.data + at, *end = memchr(line, '\n', bytes.len - at);
        if (end == NULL)
            break;
        e = add_event(events, line, (size_t)(end - line), d);
        at += (size_t)(end - line) + 1;
    }
    if (e == E_OK)
        *out = json_incref(events);
    json_decref(events);
    buf_free(&bytes);
    return e;
}

enum err extent_digest(const json_t *events, size_t n, struct buf *lines, uint8_t out[DIGEST_LEN], struct diag *d)
{
    struct buf all = {0};
    enum err e = E_OK;
    for (size_t i = 0; i < n && e == E_OK; i++) {
        e = json_line_write(json_array_get(events, i), &all);
        buf_append_byte(&all, '\n');
    }
    if (e == E_OK)
        e = buf_err(&all);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, all.data, all.len, out);
    if (e == E_OK && lines != NULL) {
        buf_append(lines, all.data, all.len);
        e = buf_err(lines);
    }
    buf_free(&all);
    return e == E_OK ? E_OK : diag_set(d, e, TRANSCRIPT_FILE);
}
