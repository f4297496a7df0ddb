#include "log/record.h"

#include <string.h>

#include "core/clock.h"
#include "core/limits.h"
#include "log/record_types.h"

/* Walk along obj from *at, which must have these fields next, and leave *at behind them. */
static enum err check_fields(json_t *obj, void **at, const struct record_field *fields, const char *type,
                             struct diag *d)
{
    for (const struct record_field *f = fields; f->name != NULL; f++) {
        const char *key = *at == NULL ? NULL : json_object_iter_key(*at);
        if (key == NULL || strcmp(key, f->name) != 0)
            return diag_set(d, E_LOG_FORMAT, "%s line: the field %s is missing or out of its place",
                            type, f->name);
        enum err e = f->check(json_object_iter_value(*at));
        if (e != E_OK)
            return diag_set(d, e, "%s line: the value of the field %s is not allowed", type,
                            f->name);
        *at = json_object_iter_next(obj, *at);
    }
    return E_OK;
}

static enum err check_type_fields(json_t *obj, void *at, enum record_type type, struct diag *d)
{
    const char *name = record_type_name(type);
    enum err e = check_fields(obj, &at, record_fields(type), name, d);
    if (e == E_OK && at != NULL)
        e = diag_set(d, E_LOG_FORMAT, "%s line: a field too many", name);
    return e;
}

enum err record_parse(struct span line, struct record *out, struct diag *d)
{
    *out = (struct record){0};
    if (line.n > LIMIT_LOG_LINE)
        return diag_set(d, E_LOG_FORMAT, "longer than %d bytes", LIMIT_LOG_LINE);
    json_t *obj = NULL;
    enum err e =
        json_line_parse_canonical((const char *)line.p, line.n, "log line", E_LOG_FORMAT, &obj, d);
    if (e != E_OK)
        goto out;
    void *at = json_object_iter(obj);
    e = check_fields(obj, &at, record_head, "log", d);
    if (e != E_OK)
        goto out;
    enum record_type type;
    if (!record_type_by_name(json_string_value(json_object_get(obj, "type")), &type)) {
        e = diag_set(d, E_LOG_FORMAT, "unknown type");
        goto out;
    }
    e = check_type_fields(obj, at, type, d);
    if (e != E_OK)
        goto out;
    out->seq = (uint64_t)json_integer_value(json_object_get(obj, "seq"));
    out->type = type;
    /* Both were proven above. */
    (void)clock_parse(json_string_value(json_object_get(obj, "time")), &out->time);
    (void)hex_decode(json_string_value(json_object_get(obj, "prev")), out->prev, DIGEST_LEN);
    out->obj = obj;
    obj = NULL;
out:
    json_decref(obj);
    return e;
}

/* The object of a whole line. NULL when memory is used up. */
static json_t *line_object(uint64_t seq, int64_t time, enum record_type type,
                           const uint8_t prev[DIGEST_LEN], json_t *fields)
{
    char when[CLOCK_TEXT];
    char hex[DIGEST_HEX];
    clock_format(time, when);
    hex_encode(prev, DIGEST_LEN, hex);
    json_t *obj = json_pack("{s:I, s:s, s:s, s:s}", "seq", (json_int_t)seq, "time", when, "type",
                            record_type_name(type), "prev", hex);
    if (obj != NULL && json_object_update(obj, fields) != 0) {
        json_decref(obj);
        obj = NULL;
    }
    return obj;
}

enum err record_write(uint64_t seq, int64_t time, enum record_type type,
                      const uint8_t prev[DIGEST_LEN], json_t *fields, struct buf *out,
                      struct diag *d)
{
    json_t *obj = NULL;
    size_t before = out->len;
    enum err e = E_OK;
    if (fields == NULL)
        return diag_set(d, E_NO_MEMORY, "%s line", record_type_name(type));
    char when[CLOCK_TEXT];
    clock_format(time, when);
    if (seq == 0 || seq > INT64_MAX || when[0] == '\0' || (unsigned)type >= RECORD_TYPE_COUNT) {
        e = diag_set(d, E_LOG_FORMAT, "%s line: number, time or type out of range",
                     record_type_name(type));
        goto out;
    }
    e = check_type_fields(fields, json_object_iter(fields), type, d);
    if (e != E_OK)
        goto out;
    obj = line_object(seq, time, type, prev, fields);
    if (obj == NULL) {
        e = diag_set(d, E_NO_MEMORY, "%s line", record_type_name(type));
        goto out;
    }
    e = json_line_write(obj, out);
    if (e != E_OK)
        e = diag_set(d, e, "%s line", record_type_name(type));
    else if (out->len - before > LIMIT_LOG_LINE)
        e = diag_set(d, E_LOG_FORMAT, "%s line: longer than %d bytes", record_type_name(type),
                     LIMIT_LOG_LINE);
    if (e != E_OK)
        out->len = before;
out:
    json_decref(obj);
    json_decref(fields);
    return e;
}

void record_free(struct record *r)
{
    json_decref(r->obj);
    *r = (struct record){0};
}

bool record_is_outcome(const struct record *r)
{
    switch (r->type) {
    case RECORD_ISSUED:
    case RECORD_REVOKED:
    case RECORD_ACCEPTED:
    case RECORD_CRL:
    case RECORD_OCSP:
        return true;
    default:
        return r->type == RECORD_REFUSED && record_number(r, "n") > 0;
    }
}

const char *record_text(const struct record *r, const char *key)
{
    const char *s = record_string(json_object_get(r->obj, key));
    return s != NULL ? s : "";
}

int64_t record_number(const struct record *r, const char *key)
{
    return json_integer_value(json_object_get(r->obj, key));
}

enum err record_digest(const struct record *r, const char *key, uint8_t out[DIGEST_LEN])
{
    memset(out, 0, DIGEST_LEN);
    return record_check_digest(json_object_get(r->obj, key)) == E_OK && hex_decode(record_text(r, key), out, DIGEST_LEN)
               ? E_OK
               : E_LOG_FORMAT;
}
