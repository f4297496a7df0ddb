/* The steps, each with what was read aloud, who confirmed, what was checked, and what stood on the screen. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "room/minutes_telling.h"

/* -- tables of one step -- */

static void confirmations(const struct telling *t, int n)
{
    const struct sheet_column columns[] = {{_("confirmed by"), 32, false}, {_("when"), 0, false}, {0}};
    if (telling_count(t, "confirm", n) == 0)
        return;
    t->sheet->table(t->out, columns);
    for (size_t i = 0; i < t->n; i++) {
        char person[TELLING_PERSON], time[TELLING_TIME];
        if (!telling_is(t, i, "confirm") || telling_step(t, i) != n)
            continue;
        telling_person(t, telling_text(t, i, "person"), person);
        telling_time(t, i, time);
        t->sheet->row(t->out, columns, (const char *const[]){person, time});
    }
    t->sheet->table_end(t->out);
}

static void checks(const struct telling *t, int n)
{
    const struct sheet_column columns[] = {{_("checked"), 14, false}, {_("expected"), 27, false}, {_("found"), 27, false}, {"", 0, false}, {0}};
    if (telling_count(t, "checked", n) == 0)
        return;
    t->sheet->table(t->out, columns);
    for (size_t i = 0; i < t->n; i++) {
        if (!telling_is(t, i, "checked") || telling_step(t, i) != n)
            continue;
        const char *expected = telling_text(t, i, "expected"), *found = telling_text(t, i, "found");
        const char *verdict = strcmp(expected, found) == 0 ? _("same") : "";
        t->sheet->row(t->out, columns, (const char *const[]){telling_text(t, i, "what"), expected, found, verdict});
    }
    t->sheet->table_end(t->out);
}

/* -- one step -- */

static const char *state_of(const struct telling *t, const struct script_step *s)
{
    if (telling_count(t, "step", s->n) == 0)
        return _("not begun");
    if (telling_is_done(t, s->n))
        return telling_exceptions(t, s->n) > 0 ? _("done, with an exception: see above") : _("done");
    return s->kind == STEP_MINUTES ? _("being done as these minutes are written") : _("begun and not done");
}

static void times(const struct telling *t, int n)
{
    static const struct {
        const char *event, *label;
    } rows[] = {{"step", N_("shown")}, {"failed", N_("failed")}, {"stopped", N_("stopped")}, {"exception", N_("exception")}, {"done", N_("done")}, {"undone", N_("done again")}};
    for (size_t i = 0; i < t->n; i++) {
        char time[TELLING_TIME];
        for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
            if (!telling_is(t, i, rows[k].event) || telling_step(t, i) != n)
                continue;
            telling_time(t, i, time);
            t->sheet->pair(t->out, i18n(rows[k].label), time);
        }
    }
}

static void log_after(const struct telling *t, int n)
{
    size_t i = telling_last(t, "head", n);
    if (i == t->n)
        return;
    telling_pair(t, _("log after it"), _("%" PRId64 " lines, head"), (int64_t)json_integer_value(json_object_get(telling_event(t, i), "size")));
    t->sheet->pair(t->out, "", telling_text(t, i, "head"));
}

static void said(const struct telling *t, int n)
{
    struct buf lines = {0};
    for (size_t i = 0; i < t->n; i++) {
        if (!telling_is(t, i, "said") || telling_step(t, i) != n)
            continue;
        buf_append_str(&lines, telling_text(t, i, "text"));
        buf_append_byte(&lines, '\n');
    }
    if (lines.len > 0)
        t->sheet->screen(t->out, buf_span(&lines));
    t->out->failed = t->out->failed || lines.failed;
    buf_free(&lines);
}

static void keys(const struct telling *t, const struct script_step *s)
{
    for (size_t i = 0; i < s->keys_n; i++)
        t->sheet->pair(t->out, _("key"), s->keys[i]);
}

static void one_step(const struct telling *t, const struct script_step *s)
{
    telling_piece(t, SHEET_PLAIN, _("Step %d. %s"), s->n, telling_kind(s->kind));
    telling_pair(t, _("in the file"), "do: %s", script_step_name(s->kind));
    keys(t, s);
    t->sheet->pair(t->out, _("outcome"), state_of(t, s));
    times(t, s->n);
    log_after(t, s->n);
    if (s->say != NULL && s->say[0] != '\0')
        t->sheet->pair(t->out, _("read aloud"), s->say);
    confirmations(t, s->n);
    checks(t, s->n);
    t->sheet->piece_end(t->out, SHEET_PLAIN);
    said(t, s->n); /* long: a page may end in it */
}

void minutes_steps(const struct telling *t)
{
    t->sheet->part(t->out, _("What was done"), false);
    for (size_t i = 0; i < t->script->steps_n; i++)
        one_step(t, &t->script->steps[i]);
    t->sheet->part_end(t->out);
}
