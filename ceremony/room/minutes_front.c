/* What the minutes begin with: what came of the ceremony, its exceptions and failures, and who was there. */
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "room/loose.h"
#include "room/minutes_telling.h"

/* The first step that is not done, in full or with an exception; 0 when all are. The minutes' own is being done as they are
 * written. */
static int first_open(const struct telling *t)
{
    for (size_t i = 0; i < t->script->steps_n; i++) {
        const struct script_step *s = &t->script->steps[i];
        if (!telling_is_done(t, s->n) && !(s->kind == STEP_MINUTES && telling_count(t, "step", s->n) > 0))
            return s->n;
    }
    return 0;
}

static bool is_rehearsal(const struct telling *t)
{
    return json_is_true(json_object_get(telling_event(t, telling_last(t, "open", 0)), "rehearsal"));
}

void minutes_summary(const struct telling *t)
{
    size_t exceptions = telling_exceptions(t, 0), open = telling_last(t, "open", 0);
    int unfinished = first_open(t);
    char time[TELLING_TIME];
    t->sheet->part(t->out, _("What came of it"), false);
    if (is_rehearsal(t))
        telling_say(t, SHEET_ALARM, "%s", _("This was a rehearsal on a throw-away token. Nothing that it made is in force."));
    if (unfinished > 0)
        telling_say(t, SHEET_ALARM, _("The ceremony is not finished: step %d of %zu is not done."), unfinished, t->script->steps_n);
    if (exceptions > 0)
        telling_say(t, SHEET_ALARM, _("Not everything was done as the ceremony file says. Exceptions: %zu."), exceptions);
    telling_pair(t, _("ceremony"), "%s", t->script->name);
    if (unfinished == 0)
        telling_pair(t, _("steps"), _("%zu, all done up to the signing of these minutes"), t->script->steps_n);
    telling_pair(t, _("exceptions"), exceptions == 0 ? _("none up to the signing of these minutes") : "%zu", exceptions);
    for (size_t i = 0; i < t->n; i++) {
        if (!telling_is(t, i, "open"))
            continue;
        telling_time(t, i, time);
        telling_pair(t, telling_count(t, "open", 0) == 1 || i == 0 ? _("begun") : _("gone on with"), "%s", time);
    }
    if (t->n > 0) {
        telling_time(t, t->n - 1, time);
        telling_pair(t, _("these minutes"), "%s", time);
    }
    telling_pair(t, _("local time"), "%s", telling_text(t, open, "zone"));
    telling_pair(t, _("program"), "%s", telling_text(t, open, "program"));
    t->sheet->part_end(t->out);
}

/* -- exceptions, failures -- */

static void step_pair(const struct telling *t, size_t i)
{
    int n = telling_step(t, i);
    char time[TELLING_TIME];
    if (n > 0 && (size_t)n <= t->script->steps_n)
        telling_pair(t, _("step"), "%d. %s", n, telling_kind(t->script->steps[n - 1].kind));
    telling_time(t, i, time);
    telling_pair(t, _("when"), "%s", time);
}

static void loose_pair(const struct telling *t, size_t i)
{
    if (loose_is(t->events, t->n, i))
        t->sheet->pair(t->out, _("vouched for"), _("by no line of the log: it was written before an interruption, and anybody could have written it"));
}

static void about_pair(const struct telling *t, size_t i)
{
    if (telling_text(t, i, "about")[0] != '\0')
        t->sheet->pair(t->out, _("about"), telling_text(t, i, "about"));
}

static void code_pair(const struct telling *t, size_t i)
{
    const char *code = telling_text(t, i, "code");
    enum err e = err_by_name(code);
    if (e != E_OK)
        telling_pair(t, _("code"), "%s: %s", code, i18n(err_sentence(e)));
    else
        t->sheet->pair(t->out, _("code"), code);
}

static void one_exception(const struct telling *t, size_t i, size_t number)
{
    const json_t *persons = json_object_get(telling_event(t, i), "persons");
    telling_piece(t, SHEET_ALARM, _("Exception %zu"), number);
    step_pair(t, i);
    about_pair(t, i);
    code_pair(t, i);
    t->sheet->pair(t->out, _("reason"), telling_text(t, i, "reason"));
    for (size_t k = 0; k < json_array_size(persons); k++) {
        const char *id = json_string_value(json_array_get(persons, k));
        char person[TELLING_PERSON];
        telling_person(t, id != NULL ? id : "", person);
        t->sheet->pair(t->out, _("answered for by"), person);
    }
    loose_pair(t, i);
    t->sheet->piece_end(t->out, SHEET_ALARM);
}

void minutes_exceptions(const struct telling *t)
{
    size_t number = 0;
    t->sheet->part(t->out, _("Exceptions"), false);
    for (size_t i = 0; i < t->n; i++)
        if (telling_is(t, i, "exception") && telling_counts(t, i))
            one_exception(t, i, ++number);
    if (number == 0)
        t->sheet->say(t->out, _("None up to the signing of these minutes: every step came to what the ceremony file says."), SHEET_PLAIN);
    t->sheet->part_end(t->out);
}

void minutes_failures(const struct telling *t)
{
    size_t count = telling_count(t, "failed", 0) + telling_count(t, "stopped", 0) + telling_count(t, "undone", 0);
    if (count == 0)
        return;
    t->sheet->part(t->out, _("What failed or was stopped on the way"), false);
    for (size_t i = 0; i < t->n; i++) {
        bool failed = telling_is(t, i, "failed"), undone = telling_is(t, i, "undone");
        if (!failed && !undone && !telling_is(t, i, "stopped"))
            continue;
        t->sheet->piece(t->out, failed ? _("Failed") : undone ? _("Done again") : _("Stopped by those present"), SHEET_PLAIN);
        step_pair(t, i);
        about_pair(t, i);
        if (failed) {
            code_pair(t, i);
            t->sheet->pair(t->out, _("in detail"), telling_text(t, i, "text"));
        }
        if (undone)
            t->sheet->pair(t->out, _("why"), _("what the transcript said of its end before was in no line of the log"));
        loose_pair(t, i);
        t->sheet->piece_end(t->out, SHEET_PLAIN);
    }
    t->sheet->part_end(t->out);
}

/* -- persons -- */

static size_t last_present(const struct telling *t, const char *id)
{
    for (size_t i = t->n; i > 0; i--)
        if (telling_is(t, i - 1, "present") && strcmp(telling_text(t, i - 1, "person"), id) == 0)
            return i - 1;
    return t->n;
}

void minutes_persons(const struct telling *t)
{
    const struct sheet_column columns[] = {{_("person"), 20, false}, {_("role"), 11, false}, {_("id"), 15, false}, {_("initials typed"), 0, false}, {0}};
    t->sheet->part(t->out, _("Who was there"), false);
    t->sheet->table(t->out, columns);
    for (size_t i = 0; i < t->script->persons_n; i++) {
        const struct script_person *p = &t->script->persons[i];
        char typed[SCRIPT_TEXT];
        char time[TELLING_TIME];
        size_t present = last_present(t, p->id);
        if (present < t->n)
            telling_time(t, present, time);
        snprintf(typed, sizeof typed, present < t->n ? "%s: %s" : _("not there"), p->initials, time);
        const char *const cells[] = {p->name, telling_role(p->role), p->id, typed};
        t->sheet->row(t->out, columns, cells);
    }
    t->sheet->table_end(t->out);
    t->sheet->part_end(t->out);
}
