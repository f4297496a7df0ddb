#include "batch/sealing.h"
#include "core/file.h"
#include "room/log_lines.h"
#include "room/minutes_archive.h"
#include "room/minutes_show.h"
#include "room/past.h"
#include "room/record_files.h"
#include "room/signers.h"
#include "room/steps.h"
#include "room/tee.h"

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

/* Make them, from the record, and find their line in the log. When it has one, an interruption came after it, or somebody
 * else wrote it: what is signed and sealed follows from the record. */
static enum err make(struct room *r, struct minutes *m, bool *logged, struct diag *d)
{
    struct past past;
    struct record line = {0};
    *logged = false;
    enum err e = past_read(r->state_fd, r->script->name, &past, d);
    if (e == E_OK && !past.state)
        e = diag_set(d, E_STATE_MISSING, "minutes are put into a log");
    if (e == E_OK)
        e = minutes_line(r->state_fd, r->script->name, &line, logged, d);
    if (e == E_OK)
        e = minutes_make(r->state_fd, r->dir_fd, r->script, m, d);
    if (e == E_OK && *logged)
        e = minutes_compare(m, &line, d);
    record_free(&line);
    return e;
}

static enum err write_files(struct room *r, const struct minutes *m, struct diag *d)
{
    enum err e = file_write(r->dir_fd, MINUTES_HTML, m->html.data, m->html.len, d);
    return e == E_OK ? file_write(r->dir_fd, MINUTES_TEXT, m->text.data, m->text.len, d) : e;
}

enum err step_minutes_agree(struct room *r, const struct script_step *s, struct diag *d)
{
    struct minutes m = {0};
    bool logged;
    enum err e = make(r, &m, &logged, d);
    if (e == E_OK && !logged)
        e = write_files(r, &m, d);
    if (e == E_OK) {
        minutes_show_digest(r->script->name, m.html_digest);
        e = signers_ask(r, s, &m, d);
    }
    minutes_free(&m);
    return e;
}

/* Does the log tell that the step is over, so that only the seal is missing? An end that it does not tell of is taken back. */
static enum err is_over(struct room *r, const struct script_step *s, bool *over, struct diag *d)
{
    struct past past;
    const json_t *end = NULL;
    enum event how;
    enum err e = past_read(r->state_fd, r->script->name, &past, d);
    *over = e == E_OK && past.done == s->n;
    if (e == E_OK && !*over)
        e = transcript_over(r->transcript, s->n, &end, &how, NULL, d);
    return e == E_OK && end != NULL ? transcript_add(r->transcript, EVENT_UNDONE, json_pack("{s:i}", "n", s->n), d) : e;
}

/* The transcript's end stands under a line of the log, and that under the seal: nothing of the step follows them. */
static enum err end(struct room *r, const struct script_step *s, struct diag *d)
{
    const json_t *event;
    enum event how;
    uint8_t digest[DIGEST_LEN];
    bool over;
    enum err e = is_over(r, s, &over, d);
    if (e != E_OK || over)
        return e;
    e = step_done(r, s, d);
    if (e == E_OK)
        e = transcript_over(r->transcript, s->n, &event, &how, digest, d);
    return e == E_OK ? log_lines_step(r, s->n, digest, d) : e;
}

/* The files are there before the log's line promises them. The log's key has the last word: it signs where the log stands with
 * the minutes and the transcript's end in it; the token is told of both with the seal, not before. */
enum err step_minutes(struct room *r, const struct script_step *s, struct diag *d)
{
    struct minutes m = {0};
    bool logged;
    enum err e = make(r, &m, &logged, d);
    if (e == E_OK)
        e = signers_check(r, s, &m, d);
    if (e == E_OK && !logged)
        e = write_files(r, &m, d);
    if (e == E_OK && !logged)
        e = log_minutes(r, &m, d);
    if (e == E_OK)
        e = minutes_show(r->script->name, m.html_digest, d);
    minutes_free(&m);
    if (e == E_OK)
        e = end(r, s, d);
    if (e == E_OK)
        e = sealing_finish(&r->state, r->hsm, d);
    if (e == E_OK) {
        r->done = s->n;
        tee_step(0);
    }
    return e;
}
