#include "room/minutes.h"

#include <stdio.h>

#include "room/extent.h"
#include "room/minutes_telling.h"

static void begin(const struct telling *t)
{
    char subtitle[SCRIPT_TEXT], furniture[2 * LIMIT_TOKEN_TEXT], hex[DIGEST_HEX];
    hex_encode(t->transcript, DIGEST_LEN, hex);
    snprintf(subtitle, sizeof subtitle, _("Minutes of the key ceremony %s"), t->script->name);
    snprintf(furniture, sizeof furniture, "%s %.16s", t->script->name, hex);
    t->sheet->begin(t->out, &(struct sheet_head){t->facts->language, t->script->title, subtitle, furniture, _("initials"), _("page")});
}

static enum err tell(const struct telling *t, struct diag *d)
{
    begin(t);
    minutes_summary(t);
    minutes_exceptions(t);
    minutes_failures(t);
    minutes_persons(t);
    minutes_steps(t);
    enum err e = minutes_log(t, d);
    if (e == E_OK)
        e = minutes_digests(t, d);
    if (e == E_OK)
        e = minutes_signatures(t, d);
    t->sheet->part(t->out, _("The transcript"), true);
    t->sheet->say(t->out, _("As it stands in the file transcript.jsonl up to here, one event a line."), SHEET_PLAIN);
    t->sheet->screen(t->out, buf_span(t->lines));
    t->sheet->part_end(t->out);
    t->sheet->end(t->out);
    if (e == E_OK && buf_err(t->out) != E_OK)
        e = diag_set(d, E_NO_MEMORY, "the minutes");
    return e;
}

enum err minutes_write(const struct script *s, const json_t *events, const struct minutes_facts *facts,
                       struct minutes *out, struct diag *d)
{
    struct buf lines = {0};
    *out = (struct minutes){0};
    struct telling t = {&sheet_html, &out->html, s, events, extent_of(events), facts, &lines, out->transcript};
    enum err e = extent_digest(events, t.n, &lines, out->transcript, d);
    if (e == E_OK)
        e = tell(&t, d);
    t.sheet = &sheet_text;
    t.out = &out->text;
    if (e == E_OK)
        e = tell(&t, d);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, out->html.data, out->html.len, out->html_digest);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, out->text.data, out->text.len, out->text_digest);
    buf_free(&lines);
    return e;
}

void minutes_free(struct minutes *m)
{
    buf_free(&m->html);
    buf_free(&m->text);
}
