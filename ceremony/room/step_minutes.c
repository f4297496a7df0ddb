#include <string.h>

#include "batch/sealing.h"
#include "core/file.h"
#include "room/log_lines.h"
#include "room/minutes_archive.h"
#include "room/minutes_show.h"
#include "room/record_files.h"
#include "room/steps.h"

static enum err log_minutes(struct room *r, const struct minutes *m, struct diag *d)
{
    char html[DIGEST_HEX], text[DIGEST_HEX], transcript[DIGEST_HEX];
    hex_encode(m->html_digest, DIGEST_LEN, html);
    hex_encode(m->text_digest, DIGEST_LEN, text);
    hex_encode(m->transcript, DIGEST_LEN, transcript);
    enum err e = log_append(r->state.log, RECORD_MINUTES,
                            json_pack("{s:s,s:s,s:s,s:s}", "ceremony", r->script->name, "minutes", html, "text", text, "transcript",
                                      transcript),
                            d);
    return e == E_OK ? log_sync(r->state.log, d) : e;
}

/* The files first, for the log's line promises them. */
static enum err write_and_log(struct room *r, const struct minutes *m, struct diag *d)
{
    enum err e = file_write(r->dir_fd, MINUTES_HTML, m->html.data, m->html.len, d);
    if (e == E_OK)
        e = file_write(r->dir_fd, MINUTES_TEXT, m->text.data, m->text.len, d);
    return e == E_OK ? log_minutes(r, m, d) : e;
}

enum err step_minutes(struct room *r, const struct script_step *s, struct diag *d)
{
    struct minutes m = {0};
    struct record line = {0};
    bool logged = false;
    uint8_t html[DIGEST_LEN];
    if (!r->has_state)
        return diag_set(d, E_STATE_MISSING, "minutes are put into a log");
    enum err e = minutes_line(r->state_fd, r->script->name, &line, &logged, d);
    if (e == E_OK)
        e = minutes_make(r->state_fd, r->dir_fd, r->script, &m, d);
    if (e == E_OK && !logged)
        e = write_and_log(r, &m, d);
    if (e == E_OK && logged) /* an interruption came after it, or somebody else wrote it: what is sealed follows from the record */
        e = minutes_compare(&m, &line, d);
    memcpy(html, m.html_digest, DIGEST_LEN);
    if (e == E_OK) /* it is over with its seal: nothing of it follows that */
        e = log_lines_step(r, s->n, m.transcript, d);
    if (e == E_OK) /* the log's key has the last word: it signs where the log stands with the minutes in it */
        e = sealing_finish(&r->state, r->hsm, d);
    if (e == E_OK)
        e = minutes_show(r->script->name, html, d);
    record_free(&line);
    minutes_free(&m);
    return e;
}
