/* mutate_text.c - JSON Lines spoilt. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "bad/bad.h"

/* -- fragments at every place -- */

static const struct {
    const char *p;
    size_t n;
} fragments[] = {{"\0", 1},  {"\\u0000", 6}, {"\xff", 1}, {"\xc0\x80", 2}, {"\xed\xa0\x80", 3}, {"\xe2\x80\xae", 3},
                 {"\n", 1},  {"\r", 1},      {" ", 1},    {"\t", 1},       {"{", 1},            {"}", 1},
                 {"[", 1},   {"\"", 1},      {"\\", 1},   {",", 1},        {":", 1},            {"-", 1},
                 {"0", 1},   {".5", 2},      {"e9", 2},   {"null", 4},     {"=", 1},            {"\\ud800", 6}};
#define FRAGMENTS (sizeof fragments / sizeof fragments[0])

static size_t count_fragments(struct span good)
{
    return good.n * FRAGMENTS;
}

static void make_fragment(struct span good, size_t i, struct buf *out)
{
    size_t at = i / FRAGMENTS, f = i % FRAGMENTS;
    buf_append(out, good.p, at);
    buf_append(out, fragments[f].p, fragments[f].n);
    buf_append(out, good.p + at, good.n - at);
}

const struct mutator mutate_fragments = {"fragment", count_fragments, make_fragment};

/* -- members of one object -- */

#define DEEP 64
#define LONG 70000 /* longer than any line may be */

enum { MEMBER_DROP, MEMBER_DOUBLE, MEMBER_RENAME, MEMBER_UPPER, MEMBER_LAST, MEMBER_LONG, MEMBER_DEEP, MEMBER_VALUE };

static const char *const values[] = {"null", "true", "false", "0", "-1", "1.5", "1e400", "9223372036854775808", "\"\"",
                                     "\"..\"", "\"/\"", "\"\\u0000\"", "\"\\ud800\"", "\"a b\"", "[]", "{}", "[{}]"};
#define MEMBER_OPS (MEMBER_VALUE + sizeof values / sizeof values[0])

static json_t *parse(struct span good)
{
    json_t *obj = json_loadb((const char *)good.p, good.n, 0, NULL);
    bad_must(json_is_object(obj), "the good line is no object");
    return obj;
}

static size_t count_members(struct span good)
{
    json_t *obj = parse(good);
    size_t n = json_object_size(obj) * MEMBER_OPS;
    json_decref(obj);
    return n;
}

static void put_member(struct buf *out, const char *key, const char *value)
{
    buf_printf(out, "%s\"%s\":%s", out->data[out->len - 1] == '{' ? "" : ",", key, value);
}

static void put_spoilt(struct buf *out, const char *key, const char *value, size_t op)
{
    char other[128];
    size_t n = strlen(key);
    bad_must(n > 0 && n < sizeof other - 1, "%s", key);
    memcpy(other, key, n + 1);
    switch (op) {
    case MEMBER_DROP:
    case MEMBER_LAST:
        return;
    case MEMBER_DOUBLE:
        put_member(out, key, value);
        put_member(out, key, value);
        return;
    case MEMBER_RENAME:
        memcpy(other + n, "x", 2);
        put_member(out, other, value);
        return;
    case MEMBER_UPPER:
        other[0] = (char)(other[0] & ~0x20);
        put_member(out, other, value);
        return;
    case MEMBER_LONG:
        put_member(out, key, "\"");
        for (size_t i = 0; i < LONG; i++)
            buf_append_byte(out, 'x');
        buf_append_byte(out, '"');
        return;
    case MEMBER_DEEP:
        put_member(out, key, "");
        for (size_t i = 0; i < DEEP; i++)
            buf_append_byte(out, '[');
        for (size_t i = 0; i < DEEP; i++)
            buf_append_byte(out, ']');
        return;
    default:
        put_member(out, key, values[op - MEMBER_VALUE]);
    }
}

static void make_member(struct span good, size_t i, struct buf *out)
{
    size_t at = 0, wanted = i / MEMBER_OPS, op = i % MEMBER_OPS;
    const char *key, *moved = NULL;
    char *moved_value = NULL;
    json_t *obj = parse(good), *value;
    buf_append_byte(out, '{');
    json_object_foreach(obj, key, value) {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII);
        bad_must(text != NULL, "memory");
        if (at++ != wanted) {
            put_member(out, key, text);
        } else {
            put_spoilt(out, key, text, op);
            if (op == MEMBER_LAST) {
                moved = key;
                moved_value = text;
                continue;
            }
        }
        free(text);
    }
    if (moved != NULL)
        put_member(out, moved, moved_value);
    buf_append_byte(out, '}');
    if (good.p[good.n - 1] == '\n')
        buf_append_byte(out, '\n');
    free(moved_value);
    json_decref(obj);
}

const struct mutator mutate_members = {"member", count_members, make_member};

/* -- lines of a file -- */

size_t lines_count(struct span in)
{
    size_t n = 0;
    for (size_t i = 0; i < in.n; i++)
        n += in.p[i] == '\n';
    return n;
}

struct span lines_at(struct span in, size_t number)
{
    const uint8_t *p = in.p, *end = in.p + in.n;
    for (size_t i = 0; i < number; i++)
        p = (const uint8_t *)memchr(p, '\n', (size_t)(end - p)) + 1;
    const uint8_t *next = memchr(p, '\n', (size_t)(end - p));
    return (struct span){p, (size_t)(next - p)};
}

/* n without one, n with one doubled, n changed in another way, and n times n swapped. */
size_t lines_spoilt(struct span good)
{
    size_t n = lines_count(good);
    return 3 * n + n * n;
}

struct span lines_spoilt_at(struct span good, size_t i, size_t at, int *times, bool *changed)
{
    size_t n = lines_count(good);
    *times = i == at ? 0 : i == n + at ? 2 : 1;
    *changed = i == 2 * n + at;
    if (i >= 3 * n) {
        size_t a = (i - 3 * n) / n, b = (i - 3 * n) % n;
        at = at == a ? b : at == b ? a : at;
    }
    return lines_at(good, at);
}

static void make_line(struct span good, size_t i, struct buf *out)
{
    size_t n = lines_count(good);
    for (size_t at = 0; at < n; at++) {
        int times;
        bool emptied;
        struct span line = lines_spoilt_at(good, i, at, &times, &emptied);
        while (times-- > 0) {
            buf_append(out, line.p, emptied ? 0 : line.n);
            buf_append_byte(out, '\n');
        }
    }
}

const struct mutator mutate_lines = {"line", lines_spoilt, make_line};
