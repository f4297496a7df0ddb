#include "room/log_lines.h"

#include <string.h>

#include "batch/witness.h"

static enum err write_ceremony(struct room *r, struct diag *d)
{
    char hex[DIGEST_HEX];
    hex_encode(r->script->digest, DIGEST_LEN, hex);
    return log_append(r->state.log, RECORD_CEREMONY,
                      json_pack("{s:s,s:s,s:i,s:i}", "ceremony", r->script->name, "file", hex, "steps", (int)r->script->steps_n,
                                "done", 0),
                      d);
}

static enum err write_time(struct room *r, int n, struct diag *d)
{
    const int persons = __builtin_popcount(r->script->steps[n - 1].by);
    return log_append(r->state.log, RECORD_TIME, json_pack("{s:s,s:i}", "ceremony", r->script->name, "persons", persons), d);
}

/* The reason may name somebody, so the log has its digest only. */
static enum err write_exception(struct room *r, const json_t *event, int n, const char *transcript, struct diag *d)
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
    return log_append(r->state.log, RECORD_EXCEPTION,
                      json_pack("{s:s,s:i,s:s,s:s,s:s}", "ceremony", r->script->name, "step", n, "code", code, "reason", hex,
                                "transcript", transcript),
                      d);
}

static enum err write_end(struct room *r, int n, struct diag *d)
{
    const json_t *event;
    enum event how;
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    enum err e = transcript_over(r->transcript, n, &event, &how, digest, d);
    if (e == E_OK && event == NULL)
        e = diag_set(d, E_TRANSCRIPT, "it does not say how step %d ended", n);
    if (e != E_OK)
        return e;
    hex_encode(digest, DIGEST_LEN, hex);
    if (how == EVENT_EXCEPTION)
        return write_exception(r, event, n, hex, d);
    if (r->script->steps[n - 1].kind == STEP_TIME)
        e = write_time(r, n, d);
    return e == E_OK ? log_lines_step(r, n, digest, d) : e;
}

enum err log_lines_step(struct room *r, int n, const uint8_t transcript[DIGEST_LEN], struct diag *d)
{
    char hex[DIGEST_HEX];
    hex_encode(transcript, DIGEST_LEN, hex);
    return log_append(r->state.log, RECORD_STEP,
                      json_pack("{s:s,s:i,s:s}", "ceremony", r->script->name, "step", n, "transcript", hex), d);
}

enum err log_lines_check(const struct room *r, const struct past *past, struct diag *d)
{
    bool held = true;
    enum err e = E_OK;
    if (past->begun && memcmp(past->file, r->script->digest, DIGEST_LEN) != 0)
        return diag_set(d, E_SCRIPT_OTHER, "the log names another one for %s", r->script->name);
    if (past->done > 0)
        e = transcript_held(r->transcript, past->over, &held, d);
    if (e == E_OK && !held)
        e = diag_set(d, E_TRANSCRIPT, "it is not the one that the log names for the end of step %d", past->done);
    return e;
}

enum err log_lines_write(struct room *r, struct diag *d)
{
    struct past past; /* the log itself says what it has; the transcript is a file that anybody may have written to */
    enum err e = past_read(r->state_fd, r->script->name, &past, d);
    if (e == E_OK)
        e = log_lines_check(r, &past, d);
    if (e == E_OK && !past.begun)
        e = write_ceremony(r, d);
    for (int n = past.done + 1; n <= r->done && e == E_OK; n++)
        e = write_end(r, n, d);
    if (e == E_OK)
        e = witness_write(&r->state, r->hsm, d);
    return e == E_OK ? state_refresh(&r->state, d) : e;
}
