#include "room/walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "batch/sealing.h"
#include "core/clock.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "core/step.h"
#include "core/text.h"
#include "core/version.h"
#include "room/log_lines.h"
#include "room/loose.h"
#include "room/people.h"
#include "room/steps.h"
#include "room/tee.h"

/* -- one step -- */

static enum err begin_step(struct room *r, const struct script_step *s, struct diag *d)
{
    const bool again = transcript_is_begun(r->transcript, s->n);
    enum err e = transcript_add(r->transcript, EVENT_STEP, json_pack("{s:i,s:s}", "n", s->n, "do", script_step_name(s->kind)),
                                d);
    tee_step(s->n);
    if (e != E_OK)
        return e;
    printf(r->rehearsal ? _("\nRehearsal, step %d of %zu: %s\n") : _("\nStep %d of %zu: %s\n"), s->n, r->script->steps_n,
           i18n_in("step", script_step_name(s->kind)));
    for (size_t i = 0; i < s->keys_n; i++)
        screen_item(_("key"), "%s", s->keys[i]);
    if (s->say != NULL)
        screen_item(_("read aloud"), "\"%s\"", s->say);
    if (again)
        printf("%s", _("This step was begun before and did not end.\n"));
    return E_OK;
}

/* The step of the minutes has recorded it already: nothing but the seal follows its end. */
static enum err end_step(struct room *r, const struct script_step *s, struct diag *d)
{
    enum err e = r->done == s->n ? E_OK : step_done(r, s, d);
    if (e == E_OK) {
        r->done = s->n;
        printf(_("Step %d is done.\n"), s->n);
    }
    return e;
}

static enum err stop(struct room *r, const struct script_step *s, enum err e, const struct diag *why, struct diag *d)
{
    enum err kept = transcript_add(r->transcript, EVENT_STOPPED, json_pack("{s:i}", "n", s->n), d);
    if (kept == E_OK && d != NULL) {
        *d = *why;
        d->code = e;
    }
    return kept == E_OK ? e : kept;
}

/* Those present say what becomes of a step that failed. *again: it is tried once more. */
static enum err fail_step(struct room *r, const struct script_step *s, enum err failure, const struct diag *why, bool *again,
                          struct diag *d)
{
    const struct people_trouble trouble = {failure, why, NULL, step_rows[s->kind].exception && failure != E_CLOCK_BEHIND};
    struct diag said = {0};
    *again = false;
    if (failure == E_STOPPED || failure == E_ABSENT)
        return stop(r, s, failure, why, d);
    enum err e = people_settle(r, s, &trouble, again, &said);
    if (e == E_OK && !*again)
        r->done = s->n; /* by an exception */
    return e == E_OK ? E_OK : stop(r, s, e, e == E_STOPPED ? why : &said, d);
}

/* What needs no token comes first. *go_on: the step goes on; false when it is over by an exception. */
static enum err prepare_step(struct room *r, const struct script_step *s, bool *go_on, struct diag *d)
{
    step_function *prepare = step_rows[s->kind].prepare;
    bool again = true;
    enum err e = E_OK;
    *go_on = prepare == NULL;
    while (e == E_OK && again && !*go_on) {
        struct diag why = {0};
        e = prepare(r, s, &why);
        *go_on = e == E_OK;
        if (e != E_OK)
            e = fail_step(r, s, e, &why, &again, d);
    }
    return e;
}

static enum err finish_step(struct room *r, const struct script_step *s, struct diag *d)
{
    bool again = false;
    enum err e;
    do {
        struct diag why = {0};
        e = people_confirm(r, s, &why);
        if (e == E_OK && again && r->has_state) /* what the last try logged counts, and reading that may be what failed */
            e = state_refresh(&r->state, &why);
        if (e == E_OK)
            e = step_rows[s->kind].run(r, s, &why);
        if (e == E_OK)
            return end_step(r, s, d);
        e = fail_step(r, s, e, &why, &again, d);
    } while (e == E_OK && again);
    return e;
}

/* -- steps with the token -- */

/* What goes to the child, and back. */
struct group {
    const struct room_place *place;
    const struct script *script;
    const struct request *request; /* what was taken in for it, */
    const uint8_t *head;           /* and what was compared */
    struct log_position heard;     /* what the log's token knew last, in this session; and comes back */
    int done;     /* so many steps are over */
    int from;     /* the step that is begun already; 0: the log is compared with the token and nothing else is done */
    uint8_t transcript[DIGEST_LEN]; /* as it is now */
    bool entered; /* the token was opened, so what failed was a step, and its persons have decided about it */
};

static bool joins(const struct script_step *s)
{
    return step_rows[s->kind].token && step_rows[s->kind].prepare == NULL;
}

static bool replaces_later(const struct room *r)
{
    for (size_t i = (size_t)r->done; i < r->script->steps_n; i++)
        if (r->script->steps[i].kind == STEP_REPLACE)
            return true;
    return false;
}

/* What only the log's token knows is put under a seal, step by step, when that token will not be there to be asked. */
static enum err seal_before_loss(struct room *r, struct diag *d)
{
    if (!replaces_later(r))
        return E_OK;
    enum err e = sealing_finish_if_able(&r->state, r->hsm, d);
    return e == E_OK ? state_refresh(&r->state, d) : e;
}

static enum err walk_group(struct room *r, int from, struct diag *d)
{
    const bool replaces = r->script->steps[from - 1].kind == STEP_REPLACE; /* nothing is told to that token before the step has looked at it */
    enum err e = r->has_state && !replaces ? log_lines_write(r, d) : E_OK;
    for (int n = from; e == E_OK && (size_t)n <= r->script->steps_n; n++) {
        const struct script_step *s = &r->script->steps[n - 1];
        if (n > from && !joins(s))
            break;
        if (n > from)
            e = begin_step(r, s, d);
        if (e == E_OK)
            e = finish_step(r, s, d);
        if (e == E_OK && r->has_state)
            e = log_lines_write(r, d);
        if (e == E_OK && r->has_state)
            e = seal_before_loss(r, d);
    }
    return e;
}

/* Nobody else has written to it since the process before this one did. */
static enum err check_same(const struct room *r, const uint8_t before[DIGEST_LEN], struct diag *d)
{
    uint8_t now[DIGEST_LEN];
    enum err e = transcript_digest(r->transcript, now, d);
    if (e == E_OK && memcmp(now, before, DIGEST_LEN) != 0)
        e = diag_set(d, E_TRANSCRIPT, "somebody else has written to it");
    return e;
}

static enum err run_group(void *data, struct diag *d)
{
    struct group *g = data;
    struct room r;
    tee_end();
    enum err e = room_enter(g->place, g->script, &r, d);
    r.request = *g->request;
    memcpy(r.head, g->head, DIGEST_LEN);
    r.heard = g->heard;
    r.done = g->done;
    if (e == E_OK)
        e = check_same(&r, g->transcript, d);
    if (e == E_OK)
        e = room_open_token(g->place, &r, g->from, d);
    g->entered = e == E_OK;
    if (e == E_OK && g->from > 0)
        e = tee_begin(r.transcript, d);
    if (e == E_OK && g->from > 0) {
        tee_step(g->from);
        e = walk_group(&r, g->from, d);
        tee_end();
    }
    if (r.has_state && r.state.told > 0)
        g->heard = r.state.heard;
    room_leave(&r);
    return e;
}

/* The transcript has grown in the child, and so has the log. */
static enum err reopen(struct room *r, struct diag *d)
{
    struct past past = {0};
    tee_end();
    transcript_close(r->transcript);
    r->transcript = NULL;
    enum err e = transcript_open(r->dir_fd, &r->transcript, d);
    if (e == E_OK)
        e = past_read(r->state_fd, r->script->name, &past, d);
    if (e == E_OK && past.done > r->done)
        r->done = past.done;
    return e == E_OK ? tee_begin(r->transcript, d) : e;
}

/* In a process of its own; *met is what it says. */
static enum err run_with_token(struct room *r, struct group *g, enum err *met, struct diag *why, struct diag *d)
{
    const struct step step = {.name = "token", .run = run_group, .keep_fd = g->place->pin_fd >= 0 ? g->place->pin_fd : STDIN_FILENO};
    *met = E_OK;
    enum err e = tee_check(d);
    if (e == E_OK)
        e = transcript_digest(r->transcript, g->transcript, d);
    if (e != E_OK)
        return e;
    *met = step_run(&step, g, sizeof *g, why);
    r->heard = g->heard;
    e = reopen(r, d);
    tee_step(g->from);
    return e;
}

/* Which step the process from `from` on did not do, when it ended: those before it are done. NULL when it was between two. */
static const struct script_step *ended_in(const struct room *r, const struct script_step *from)
{
    if (r->done < from->n)
        return from;
    if ((size_t)r->done == r->script->steps_n)
        return NULL;
    const struct script_step *s = &r->script->steps[r->done];
    return joins(s) && transcript_is_begun(r->transcript, s->n) ? s : NULL;
}

/* The step is begun. A token that is not there, or a wrong PIN, is for those present to see to; so is a process that ended
 * by itself. */
static enum err walk_token(const struct room_place *place, struct room *r, const struct script_step *s, struct diag *d)
{
    bool again = true;
    enum err e = E_OK;
    while (e == E_OK && again && r->done < s->n) {
        struct diag why = {0};
        struct group g = {.place = place, .script = r->script, .request = &r->request, .head = r->head, .heard = r->heard, .done = r->done,
                          .from = s->n};
        enum err met;
        again = false;
        e = run_with_token(r, &g, &met, &why, d);
        if (e == E_OK && met != E_OK && !g.entered) {
            if ((s = ended_in(r, s)) == NULL)
                return E_OK; /* what comes next has not begun */
            tee_step(s->n);
            e = fail_step(r, s, met, &why, &again, d);
        } else if (e == E_OK && met != E_OK) {
            *d = why;
            e = met;
        }
    }
    return e;
}

/* -- all of it -- */

static void local_zone(char *out, size_t cap)
{
    const time_t now = (time_t)clock_now();
    struct tm tm;
    if (localtime_r(&now, &tm) == NULL || strftime(out, cap, "%z %Z", &tm) == 0)
        snprintf(out, cap, "+0000 UTC");
}

static enum err record_open(struct room *r, struct diag *d)
{
    char file[DIGEST_HEX], policy[DIGEST_HEX], zone[48];
    uint8_t digest[DIGEST_LEN];
    enum err e = policy_digest(&policy_table, digest);
    if (e != E_OK)
        return diag_set(d, e, "the policy's digest");
    if (r->script->has_policy && memcmp(digest, r->script->policy, DIGEST_LEN) != 0)
        return diag_set(d, E_SCRIPT, "policy: these programs were built with another one");
    hex_encode(r->script->digest, DIGEST_LEN, file);
    hex_encode(digest, DIGEST_LEN, policy);
    local_zone(zone, sizeof zone);
    return transcript_add(r->transcript, EVENT_OPEN,
                          json_pack("{s:s,s:s,s:s,s:s,s:s,s:b}", "ceremony", r->script->name, "file", file, "policy", policy,
                                    "program", PROGRAM_NAME, "zone", zone, "rehearsal", (int)r->rehearsal),
                          d);
}

static enum err walk_one(const struct room_place *place, struct room *r, const struct script_step *s, struct diag *d)
{
    bool go_on = false;
    enum err e = place->plug != NULL ? place->plug(s, d) : E_OK;
    if (e == E_OK)
        e = begin_step(r, s, d);
    if (e == E_OK)
        e = prepare_step(r, s, &go_on, d);
    if (e != E_OK || !go_on)
        return e;
    return step_rows[s->kind].token ? walk_token(place, r, s, d) : finish_step(r, s, d);
}

static void tell_one(const json_t *event, enum event kind)
{
    char code[64], about[128];
    const char *of = json_string_value(json_object_get(event, "code")), *part = json_string_value(json_object_get(event, "about"));
    text_escape(code, sizeof code, of != NULL ? of : "", of != NULL ? strlen(of) : 0);
    text_escape(about, sizeof about, part != NULL ? part : "", part != NULL ? strlen(part) : 0);
    screen_item(kind == EVENT_FAILED ? _("failed") : _("exception"), "%s %s", code, about);
}

/* Where the events begin that are loose (room/loose.h), up to this start, which is at *last. */
static size_t first_loose(const struct room *r, const json_t *events, size_t *last)
{
    enum event kind = EVENT_KINDS;
    size_t n = transcript_count(r->transcript), at;
    for (*last = n; *last > 0 && kind != EVENT_OPEN;)
        (void)transcript_event(r->transcript, --*last, &kind);
    for (at = *last; at > 0; at--) {
        (void)transcript_event(r->transcript, at - 1, &kind);
        if (kind != EVENT_OPEN && !loose_is(events, n, at - 1))
            break;
    }
    return at;
}

/* No step goes on from what anybody may have put there while nobody was in the room, but it stands in the minutes: those present hear
 * of it. */
static enum err tell_loose(const struct room *r, struct diag *d)
{
    json_t *events = transcript_array(r->transcript);
    size_t last;
    bool told = false;
    if (events == NULL)
        return diag_set(d, E_NO_MEMORY, "the transcript");
    for (size_t i = first_loose(r, events, &last); i < last; i++) {
        enum event kind;
        const json_t *event = transcript_event(r->transcript, i, &kind);
        if (kind != EVENT_EXCEPTION && kind != EVENT_FAILED)
            continue;
        if (!told)
            printf("%s", _("Written before the interruption, and vouched for by no line of the log:\n"));
        told = true;
        tell_one(event, kind);
    }
    json_decref(events);
    return E_OK;
}

/* What the transcript says of the end of a step that the log does not tell of could be anybody's. */
static enum err undo(struct room *r, struct diag *d)
{
    enum err e = E_OK;
    for (int n = r->done + 1; (size_t)n <= r->script->steps_n && e == E_OK; n++) {
        const json_t *over;
        enum event how;
        e = transcript_over(r->transcript, n, &over, &how, NULL, d);
        if (e != E_OK || over == NULL)
            continue;
        printf(_("The log does not tell that step %d is over: it is done again.\n"), n);
        e = transcript_add(r->transcript, EVENT_UNDONE, json_pack("{s:i}", "n", n), d);
    }
    return e;
}

/* How far it came is what the log says of it, as the token knows the log, with the transcript that it names. */
static enum err go_on_from(const struct room_place *place, struct room *r, struct diag *d)
{
    struct past past;
    enum err met = E_OK, e = past_read(r->state_fd, r->script->name, &past, d);
    if (e == E_OK && past.begun) {
        struct group g = {.place = place, .script = r->script, .request = &r->request, .head = r->head, .done = past.done};
        e = run_with_token(r, &g, &met, d, d);
        if (e == E_OK)
            e = met;
    }
    if (e == E_OK)
        e = past_read(r->state_fd, r->script->name, &past, d);
    if (e == E_OK)
        e = log_lines_check(r, &past, d);
    if (e == E_OK)
        r->done = past.done;
    if (e == E_OK)
        e = undo(r, d);
    return e == E_OK ? tell_loose(r, d) : e;
}

static enum err walk_all(const struct room_place *place, struct room *r, struct diag *d)
{
    enum err e = record_open(r, d);
    if (e == E_OK)
        e = people_present(r, d);
    if (e == E_OK)
        e = go_on_from(place, r, d);
    for (size_t i = 0; i < r->script->steps_n && e == E_OK; i++)
        if ((int)i + 1 > r->done)
            e = walk_one(place, r, &r->script->steps[i], d);
    return e;
}

enum err walk_run(const struct room_place *place, const struct script *script, struct diag *d)
{
    struct room r;
    setvbuf(stdin, NULL, _IONBF, 0); /* what is typed is for whichever process asks next */
    enum err e = room_enter(place, script, &r, d);
    if (e == E_OK)
        e = tee_begin(r.transcript, d);
    if (e == E_OK)
        e = walk_all(place, &r, d);
    tee_end();
    room_leave(&r);
    return e;
}
