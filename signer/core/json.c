#include "core/json.h"

#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/clock.h"
#include "core/digest.h"
#include "core/json_quick.h"
#include "core/starved.h"
#include "core/text.h"

/* A real has many spellings and no exact value, so no format here has one. The depth is
 * jansson's limit at most. */
static bool has_real(const json_t *value)
{
    if (json_is_real(value))
        return true;
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            if (has_real(json_array_get(value, i)))
                return true;
    } else if (json_is_object(value)) {
        const char *key;
        json_t *member;
        /* The cast, here and below: the macro only reads, but is not declared so. */
        json_object_foreach((json_t *)value, key, member)
            if (has_real(member))
                return true;
    }
    return false;
}

static enum err code_of(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_out_of_memory:
        return E_NO_MEMORY;
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return E_NUL;
    default:
        return E_JSON;
    }
}

/* Any line, by jansson. */
static enum err parse_any(const char *line, size_t n, const char *where, json_t **out, struct diag *d)
{
    if (n > 0 && memchr(line, '\0', n) != NULL)
        return diag_set(d, E_NUL, "%s", where);
    if (!text_is_utf8(line, n))
        return diag_set(d, E_UTF8, "%s", where);
    json_error_t error = {0};
    (void)starved_take();
    json_t *value =
        json_loadb(n > 0 ? line : "", n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (starved_take()) {
        json_decref(value);
        return diag_set(d, E_NO_MEMORY, "%s", where);
    }
    if (value == NULL)
        return diag_set(d, code_of(&error), "%s: byte %d: %s", where, error.position, error.text);
    const char *fault = NULL;
    if (!json_is_object(value))
        fault = "not an object";
    else if (has_real(value))
        fault = "a number with a fraction or an exponent";
    if (fault != NULL) {
        json_decref(value);
        return diag_set(d, E_JSON, "%s: %s", where, fault);
    }
    *out = value;
    return E_OK;
}

enum err json_line_parse(const char *line, size_t n, const char *where, json_t **out,
                         struct diag *d)
{
    *out = json_quick(line, n);
    return *out != NULL ? E_OK : parse_any(line, n, where, out, d);
}

static int append(const char *p, size_t n, void *arg)
{
    struct buf *out = arg;
    buf_append(out, p, n);
    return out->failed ? -1 : 0;
}

enum err json_line_write(const json_t *obj, struct buf *out)
{
    size_t before = out->len;
    if (obj == NULL ||
        json_dump_callback(obj, append, out, JSON_COMPACT | JSON_ENSURE_ASCII) != 0) {
        out->len = before;
        return E_NO_MEMORY;
    }
    return buf_err(out);
}

enum err json_line_parse_canonical(const char *line, size_t n, const char *where,
                                   enum err noncanonical, json_t **out, struct diag *d)
{
    *out = json_quick(line, n);
    if (*out != NULL)
        return E_OK;
    struct diag why = {0};
    struct buf again = {0};
    json_t *obj = NULL;
    enum err e = parse_any(line, n, where, &obj, &why);
    if (e != E_OK) {
        e = diag_set(d, e == E_NO_MEMORY ? e : noncanonical, "%s: %s", where, err_sentence(e));
        goto out;
    }
    e = json_line_write(obj, &again);
    if (e != E_OK) {
        diag_set(d, e, "%s", where);
        goto out;
    }
    if (again.len != n || memcmp(again.data, line, n) != 0) {
        e = diag_set(d, noncanonical, "%s: the same object is written differently", where);
        goto out;
    }
    *out = json_incref(obj);
out:
    json_decref(obj);
    buf_free(&again);
    return e;
}

static enum err wrong(struct diag *d, const char *where, const char *key, const char *wanted)
{
    diag_set(d, E_FIELD_VALUE, "%s: \"%s\" is not %s", where, key, wanted);
    return E_FIELD_VALUE;
}

enum err json_get_string(const json_t *obj, const char *key, const char **s, const char *where,
                         struct diag *d)
{
    *s = NULL;
    const json_t *value = json_object_get(obj, key);
    if (value == NULL) {
        diag_set(d, E_FIELD_MISSING, "%s: \"%s\"", where, key);
        return E_FIELD_MISSING;
    }
    if (!json_is_string(value))
        return wrong(d, where, key, "a string");
    *s = json_string_value(value);
    return E_OK;
}

enum err json_get_integer(const json_t *obj, const char *key, int64_t min, int64_t max, int64_t *n,
                          const char *where, struct diag *d)
{
    *n = 0;
    const json_t *value = json_object_get(obj, key);
    if (value == NULL)
        return diag_set(d, E_FIELD_MISSING, "%s: \"%s\"", where, key);
    if (!json_is_integer(value))
        return wrong(d, where, key, "an integer");
    int64_t number = json_integer_value(value);
    if (number < min || number > max)
        return diag_set(d, E_FIELD_VALUE, "%s: \"%s\" is %lld, not from %lld to %lld", where, key,
                        (long long)number, (long long)min, (long long)max);
    *n = number;
    return E_OK;
}

enum err json_get_token(const json_t *obj, const char *key, char out[LIMIT_TOKEN_TEXT + 1],
                        const char *where, struct diag *d)
{
    out[0] = '\0';
    const char *s;
    enum err e = json_get_string(obj, key, &s, where, d);
    if (e != E_OK)
        return e;
    if (!text_is_token(s, LIMIT_TOKEN_TEXT))
        return diag_set(d, E_FIELD_VALUE, "%s: %s must be 1 to %d of A-Z a-z 0-9 . _ -", where, key,
                        LIMIT_TOKEN_TEXT);
    snprintf(out, LIMIT_TOKEN_TEXT + 1, "%s", s);
    return E_OK;
}

enum err json_get_time(const json_t *obj, const char *key, int64_t *t, const char *where,
                       struct diag *d)
{
    *t = 0;
    const char *s;
    enum err e = json_get_string(obj, key, &s, where, d);
    if (e != E_OK)
        return e;
    return clock_parse(s, t) ? E_OK : wrong(d, where, key, "a time like 2025-01-31T08:00:00Z");
}

enum err json_get_digest(const json_t *obj, const char *key, uint8_t out[32], const char *where,
                         struct diag *d)
{
    memset(out, 0, DIGEST_LEN);
    const char *s;
    enum err e = json_get_string(obj, key, &s, where, d);
    if (e != E_OK)
        return e;
    if (strpbrk(s, "ABCDEF") != NULL || !hex_decode(s, out, DIGEST_LEN))
        return wrong(d, where, key, "64 lower-case hexadecimal digits");
    return E_OK;
}

enum err json_get_base64(const json_t *obj, const char *key, struct buf *out, const char *where,
                         struct diag *d)
{
    const char *s;
    enum err e = json_get_string(obj, key, &s, where, d);
    if (e != E_OK)
        return e;
    e = base64_decode(s, strlen(s), out);
    return e == E_OK ? E_OK : diag_set(d, e, "%s: \"%s\"", where, key);
}

int json_set_base64(json_t *obj, const char *key, const struct buf *bytes)
{
    char *text = base64_string(bytes->data, bytes->len);
    int bad = text == NULL ? -1 : json_object_set_new(obj, key, json_string(text));
    free(text);
    return bad;
}

enum err json_only(const json_t *obj, const char *const *keys, const char *where, struct diag *d)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)obj, key, value) {
        size_t i = 0;
        while (keys[i] != NULL && strcmp(keys[i], key) != 0)
            i++;
        if (keys[i] == NULL)
            return diag_set(d, E_FIELD_UNKNOWN, "%s: \"%s\"", where, key);
    }
    return E_OK;
}

/* Take the rest of a line into l->line, as far as the limit allows. *ended tells that its
 * newline was seen. */
static uint64_t take_line(struct json_lines *l, bool *ended)
{
    uint8_t chunk[4096];
    size_t fill = 0;
    uint64_t length = 0;
    int c;
    while ((c = getc_unlocked(l->f)) != EOF && c != '\n') {
        if (length++ >= l->line_max)
            continue;
        chunk[fill++] = (uint8_t)c;
        if (fill == sizeof chunk) {
            buf_append(&l->line, chunk, fill);
            fill = 0;
        }
    }
    buf_append(&l->line, chunk, fill);
    *ended = c == '\n';
    return length;
}

enum err json_lines_next(struct json_lines *l, bool *more, bool *torn)
{
    *more = false;
    if (torn != NULL)
        *torn = false;
    buf_reset(&l->line);
    bool ended;
    uint64_t length = take_line(l, &ended);
    l->bytes += length + (ended ? 1 : 0);
    enum err e = buf_err(&l->line);
    if (!ended && ferror(l->f))
        e = E_IO;
    if (e != E_OK) {
        buf_reset(&l->line);
        return e;
    }
    if (length == 0 && !ended)
        return E_OK;
    l->number++;
    *more = true;
    if (torn != NULL)
        *torn = !ended;
    if (length > l->line_max) {
        buf_reset(&l->line);
        return E_LINE_TOO_LONG;
    }
    return E_OK;
}

void json_lines_free(struct json_lines *l)
{
    buf_free(&l->line);
}
