#include "room/log_lines.h"

#include <string.h>

#include "batch/witness.h"
#include "room/past.h"

static enum err write_line(struct room *r, const char *what, int n, enum record_type type, json_t *fields, struct diag *d)
{
    enum err e = log_append(r->state.log, type, fields, d);
    if (e == E_OK)
        e = log_sync(r->state.log, d);
    if (e == E_OK)
        e = transcript_add(r->transcript, EVENT_LOGGED, json_pack("{s:s,s:i}", "what", what, "n", n), d);
    return e;
}

static enum err write_ceremony(struct room *r, struct diag *d)
{
    char hex[DIGEST_HEX];
    hex_encode(r->script->digest, DIGEST_LEN, hex);
    return write_line(r, "ceremony", 0, RECORD_CEREMONY,
                      json_pack("{s:s,s:s,s:i}", "ceremony", r->script->name, "file", hex, "steps", (int)r->script->steps_n),
                      d);
}

static enum err write_time(struct room *r, int n, struct diag *d)
{
    const int persons = __builtin_popcount(r->script->steps[n - 1].by);
    return write_line(r, "time", n, RECORD_TIME,
                      json_pack("{s:s,s:i}", "ceremony", r->script->name, "persons", persons), d);
}

/* The reason may name somebody, so the log has its digest only. */
static enum err write_exception(struct room *r, const json_t *event, int n, struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    const char *reason = json_string_value(json_object_get(event, "reason"));
    const char *code = json_string_value(json_object_get(event, "code"));
    if (reason == NULL || code == NULL)
        return diag_set(d, E_TRANSCRIPT, "the exception of step %d", n);
    enum err e = digest_bytes(DIGEST_SHA256, reason, strlen(reason), digest);
    if (e != E_OK)
        return diag_set(d, e, "the exception of step %d", n);
    hex_encode(digest, DIGEST_LEN, hex);
    return write_line(r, "exception", n, RECORD_EXCEPTION,
                      json_pack("{s:s,s:i,s:s,s:s}", "ceremony", r->script->name, "step", n, "code", code, "reason", hex),
                      d);
}

static enum err write_events(struct room *r, const struct past *past, struct diag *d)
{
    enum err e = E_OK;
    for (size_t i = 0; i < transcript_count(r->transcript) && e == E_OK; i++) {
        enum event kind;
        const json_t *event = transcript_event(r->transcript, i, &kind);
        const int n = (int)json_integer_value(json_object_get(event, "n"));
        if (n < 1 || (size_t)n > r->script->steps_n)
            continue;
        if (kind == EVENT_EXCEPTION && !transcript_is_logged(r->transcript, "exception", n))
            e = write_exception(r, event, n, d);
        if (kind == EVENT_DONE && r->script->steps[n - 1].kind == STEP_TIME && !past->own_time)
            e = write_time(r, n, d);
    }
    return e;
}

enum err log_lines_write(struct room *r, struct diag *d)
{
    struct past past; /* the log itself says what it has; the transcript is a file that anybody may have written to */
    enum err e = past_read(r->state_fd, r->script->name, &past, d);
    if (e == E_OK && !past.own_ceremony)
        e = write_ceremony(r, d);
    if (e == E_OK)
        e = write_events(r, &past, d);
    if (e == E_OK)
        e = witness_write(&r->state, r->hsm, d);
    return e == E_OK ? state_refresh(&r->state, d) : e;
}
