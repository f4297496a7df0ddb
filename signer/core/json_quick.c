#include "core/json_quick.h"

#include <stdbool.h>
#include <string.h>

/* What is left of the line. */
struct rest {
    const char *p, *end;
};

static bool take(struct rest *r, char c)
{
    bool is = r->p < r->end && *r->p == c;
    r->p += is;
    return is;
}

static bool take_word(struct rest *r, const char *word)
{
    size_t n = strlen(word);
    bool is = (size_t)(r->end - r->p) >= n && memcmp(r->p, word, n) == 0;
    r->p += is ? n : 0;
    return is;
}

/* A string of printable ASCII without escapes; *s points into the line. */
static bool take_string(struct rest *r, const char **s, size_t *n)
{
    if (!take(r, '"'))
        return false;
    *s = r->p;
    while (r->p < r->end && *r->p >= 0x20 && *r->p <= 0x7e && *r->p != '"' && *r->p != '\\')
        r->p++;
    *n = (size_t)(r->p - *s);
    return take(r, '"');
}

/* 0, or up to 18 digits of which the first is not 0. */
static json_t *take_number(struct rest *r)
{
    json_int_t value = 0;
    const char *first = r->p;
    while (r->p < r->end && *r->p >= '0' && *r->p <= '9' && r->p - first < 18)
        value = value * 10 + (*r->p++ - '0');
    ptrdiff_t digits = r->p - first; /* a 19th stands where no digit may, and ends the quick way */
    return digits < 1 || (*first == '0' && digits > 1) ? NULL : json_integer(value);
}

static json_t *take_value(struct rest *r)
{
    const char *s;
    size_t n;
    if (r->p < r->end && *r->p == '"')
        return take_string(r, &s, &n) ? json_stringn_nocheck(s, n) : NULL;
    if (take_word(r, "true"))
        return json_true();
    if (take_word(r, "false"))
        return json_false();
    return take_number(r);
}

static bool take_member(struct rest *r, json_t *obj)
{
    char key[32];
    const char *s;
    size_t n;
    if (!take_string(r, &s, &n) || n >= sizeof key || !take(r, ':'))
        return false;
    memcpy(key, s, n);
    key[n] = '\0';
    json_t *value = take_value(r);
    return value != NULL && json_object_set_new_nocheck(obj, key, value) == 0;
}

json_t *json_quick(const char *line, size_t n)
{
    if (n == 0) /* line may be NULL, which nothing can be added to */
        return NULL;
    struct rest r = {line, line + n};
    size_t members = 0;
    json_t *obj = take(&r, '{') ? json_object() : NULL;
    bool good = obj != NULL;
    do {
        good = good && take_member(&r, obj);
        members++;
    } while (good && take(&r, ','));
    good = good && take(&r, '}') && r.p == r.end && json_object_size(obj) == members; /* fewer: a key came twice */
    if (good)
        return obj;
    json_decref(obj);
    return NULL;
}
