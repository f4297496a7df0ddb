/* log_mutate.c - logs spoilt by somebody who knows the format: every line is numbered and chained anew. */
#include <string.h>

#include "bad/log.h"
#include "core/clock.h"

#define OWN_LINES 4 /* lines of one's own after a cut: 0 .. OWN_LINES - 1 */

/* Append what stands in `line`, but as the next one of the log in out. */
struct chain {
    struct buf *out;
    uint64_t seq;
    enum digest_alg hash;
    uint8_t head[DIGEST_LEN];
};

static void put(struct chain *c, int64_t time, enum record_type type, json_t *fields)
{
    size_t from = c->out->len;
    bad_must(record_write(++c->seq, time, type, c->head, fields, c->out, NULL) == E_OK, "a line");
    bad_must(digest_bytes(c->hash, c->out->data + from, c->out->len - from, c->head) == E_OK, "a digest");
    buf_append_byte(c->out, '\n');
}

static json_t *fields_of(const struct record *r)
{
    static const char *const common[] = {"seq", "time", "type", "prev"};
    json_t *fields = json_copy(r->obj);
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        bad_must(json_object_del(fields, common[i]) == 0, "%s", common[i]);
    return fields;
}

static void put_line(struct chain *c, struct span line, int64_t later)
{
    struct record r;
    bad_must(record_parse(line, &r, NULL) == E_OK, "a good line");
    if (r.type == RECORD_GENESIS)
        bad_must(digest_by_name(record_text(&r, "hash"), &c->hash), "the hash");
    put(c, r.time + later, r.type, fields_of(&r));
    record_free(&r);
}

/* -- a line dropped, doubled, swapped with another, or made a second later -- */

static void make_forged(struct span good, size_t i, struct buf *out)
{
    struct chain c = {.out = out};
    size_t n = lines_count(good);
    int64_t later = 0; /* and all that follow, as time does not go back */
    for (size_t at = 0; at < n; at++) {
        int times;
        bool changed;
        struct span line = lines_spoilt_at(good, i, at, &times, &changed);
        later += changed;
        while (times-- > 0)
            put_line(&c, line, later);
    }
}

const struct mutator mutate_forged = {"forged", lines_spoilt, make_forged};

/* -- rolled back -- */

static size_t count_rolled_back(struct span good)
{
    return lines_count(good) * OWN_LINES;
}

static void make_rolled_back(struct span good, size_t i, struct buf *out)
{
    struct chain c = {.out = out};
    size_t keep = i / OWN_LINES;
    int64_t time = 0;
    for (size_t at = 0; at < keep; at++) {
        struct record r;
        struct span line = lines_at(good, at);
        put_line(&c, line, 0);
        bad_must(record_parse(line, &r, NULL) == E_OK, "a good line");
        time = r.time;
        record_free(&r);
    }
    for (size_t own = 0; own < i % OWN_LINES && keep > 0; own++)
        put(&c, time, RECORD_RECOVERY, json_pack("{s:i,s:s}", "torn", (int)own + 1, "digest",
                                                 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"));
}

const struct mutator mutate_rolled_back = {"rolled back", count_rolled_back, make_rolled_back};
