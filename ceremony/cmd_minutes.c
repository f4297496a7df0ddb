#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/i18n.h"
#include "core/letters.h"
#include "core/screen.h"
#include "core/text.h"
#include "officer/officer.h"
#include "room/extent.h"
#include "room/minutes_archive.h"
#include "room/minutes_show.h"
#include "room/minutes_sign.h"
#include "room/record_files.h"

#define LABEL 11 /* columns */

/* What the command works on. */
struct record_at {
    int state_fd, dir_fd;
    struct script script;
    struct record line; /* of the log, about these minutes */
    bool logged;
    struct officer_key key; /* of the officer who signs them, if anybody does */
};

/* The names that there are, for whoever mistyped one. */
static enum err no_such(int all, struct diag *d)
{
    struct file_list list = {0};
    struct buf names = {0};
    enum err e = all >= 0 ? file_list(all, LIMIT_MEDIUM_FILES, &list, d) : E_OK;
    for (size_t i = 0; i < list.n && e == E_OK; i++)
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", list.names[i]);
    buf_append_byte(&names, '\0');
    if (e == E_OK && buf_err(&names) != E_OK)
        e = diag_set(d, E_NO_MEMORY, "names of ceremonies");
    if (e == E_OK && list.n > 0)
        e = diag_set(d, E_USAGE, "there is no ceremony %s; those there are: %s", options.ceremony, (const char *)names.data);
    else if (e == E_OK)
        e = diag_set(d, E_USAGE, "there is no ceremony %s, and no other", options.ceremony);
    file_list_free(&list);
    buf_free(&names);
    return e;
}

static enum err enter(struct record_at *r, struct diag *d)
{
    struct buf text = {0};
    int all = -1;
    enum err e = text_is_token(options.ceremony, LIMIT_TOKEN_TEXT) ? file_open_dir(options.state, &r->state_fd, d)
                                                                   : diag_set(d, E_USAGE, "a ceremony's name is a plain word");
    if (e == E_OK)
        all = file_open_beneath(r->state_fd, CEREMONIES_DIR, O_RDONLY | O_DIRECTORY, 0);
    if (e == E_OK && all >= 0)
        r->dir_fd = file_open_beneath(all, options.ceremony, O_RDONLY | O_DIRECTORY, 0);
    if (e == E_OK && r->dir_fd < 0)
        e = no_such(all, d);
    if (e == E_OK)
        e = file_read(r->dir_fd, SCRIPT_FILE, SCRIPT_BYTES, &text, NULL, d);
    if (e == E_OK)
        e = script_parse(SCRIPT_FILE, buf_span(&text), &policy_table, &r->script, d);
    if (e == E_OK)
        e = minutes_line(r->state_fd, r->script.name, &r->line, &r->logged, d);
    if (all >= 0)
        close(all);
    buf_free(&text);
    return e;
}

/* The minutes of a ceremony that is not over, for whoever has to explain why. */
static enum err write_draft(struct record_at *r, struct diag *d)
{
    struct minutes m;
    enum err e = minutes_make(r->state_fd, r->dir_fd, &r->script, &m, d);
    if (e == E_OK)
        e = file_write(r->dir_fd, "draft-" MINUTES_HTML, m.html.data, m.html.len, d);
    if (e == E_OK)
        e = file_write(r->dir_fd, "draft-" MINUTES_TEXT, m.text.data, m.text.len, d);
    if (e == E_OK)
        printf(_("The log has no minutes of %s yet. What they would be: %s/%s/%s\n"), r->script.name, CEREMONIES_DIR,
               r->script.name, "draft-" MINUTES_HTML);
    minutes_free(&m);
    return e == E_OK && options.officer != NULL ? diag_set(d, E_USAGE, "minutes are signed when they are in the log") : e;
}

/* -- minutes that are there -- */

static enum err compare_file(const struct record_at *r, const char *file, const char *field, struct diag *d)
{
    uint8_t said[DIGEST_LEN], found[DIGEST_LEN];
    enum err e = record_digest(&r->line, field, said);
    if (e == E_OK)
        e = file_digest(r->dir_fd, file, RECORD_FILE_MAX, found, d);
    if (e == E_OK && memcmp(said, found, DIGEST_LEN) != 0)
        e = diag_set(d, E_ARCHIVE, "%s/%s/%s is not the one of the log", CEREMONIES_DIR, r->script.name, file);
    return e;
}

/* In the language they were written in, for that is what they can be compared in. */
static enum err check_language(const struct record_at *r, struct diag *d)
{
    struct buf html = {0};
    char language[MINUTES_LANGUAGE], own[MINUTES_LANGUAGE];
    enum err e = file_read(r->dir_fd, MINUTES_HTML, RECORD_FILE_MAX, &html, NULL, d);
    minutes_language(buf_span(&html), language);
    minutes_own_language(own);
    if (e == E_OK && strcmp(language, own) != 0)
        e = diag_set(d, E_USAGE, "the minutes are in the language %s: set LANG to it", language);
    buf_free(&html);
    return e;
}

static enum err write_again(const struct record_at *r, struct diag *d)
{
    struct minutes m = {0};
    enum err e = check_language(r, d);
    if (e == E_OK)
        e = minutes_make(r->state_fd, r->dir_fd, &r->script, &m, d);
    if (e == E_OK)
        e = minutes_compare(&m, &r->line, d);
    if (e == E_OK)
        printf(_("Written again from the ceremony file, the transcript and the log, they are the same.\n"));
    minutes_free(&m);
    return e;
}

/* An officer of the policy, there or not, or somebody whose certificate the ceremony's file has. */
static enum err find_signer(const struct record_at *r, struct policy_officer *out, struct diag *d)
{
    const struct policy_officer *officer = policy_officer_find(&policy_table, options.officer);
    const int i = script_person_find(&r->script, options.officer);
    if (officer == NULL && (i < 0 || r->script.persons[i].certificate.n == 0))
        return diag_set(d, E_MINUTES_SIGNATURE, "neither policy nor ceremony file has a certificate of %s", options.officer);
    *out = officer != NULL ? *officer : (struct policy_officer){r->script.persons[i].id, r->script.persons[i].certificate};
    return E_OK;
}

static enum err sign(const struct record_at *r, const struct policy_officer *who, struct span text, struct diag *d)
{
    struct buf cms = {0};
    struct diag why = {0};
    enum err e = officer_sign(&r->key, who, text, clock_now(), &cms, &why);
    if (e != E_OK)
        e = minutes_sign_again(d, e, &why);
    if (e == E_OK)
        e = minutes_sign_put(r->dir_fd, who, buf_span(&cms), text, r->line.time, d);
    buf_free(&cms);
    return e;
}

/* -- who has signed -- */

static bool is(const json_t *event, const char *key, const char *text)
{
    const char *s = json_string_value(json_object_get(event, key));
    return s != NULL && strcmp(s, text) == 0;
}

/* The last word about this person's signature, when it is that it need not be there; else NULL. */
static const json_t *excepted(const json_t *events, const char *id)
{
    for (size_t i = json_array_size(events); i > 0; i--) {
        const json_t *event = json_array_get(events, i - 1);
        if (is(event, "event", "signed") && is(event, "person", id))
            return NULL;
        if (is(event, "event", "exception") && is(event, "about", id) && is(event, "code", err_name(E_UNSIGNED)))
            return event;
    }
    return NULL;
}

static void escaped(const json_t *text, char *out, size_t size)
{
    const char *s = json_string_value(text);
    text_escape(out, size, s != NULL ? s : "?", s != NULL ? strlen(s) : 1);
}

/* Anybody may have written it since: it is shown like what comes from outside. */
static void show_exception(const json_t *event)
{
    const json_t *persons = json_object_get(event, "persons");
    char text[4 * SCRIPT_TEXT], one[4 * LIMIT_TOKEN_TEXT], other[4 * LIMIT_TOKEN_TEXT];
    struct buf own = {0};
    escaped(json_object_get(event, "reason"), text, sizeof text);
    escaped(json_array_get(persons, 0), one, sizeof one);
    escaped(json_array_get(persons, 1), other, sizeof other);
    if (i18n_is_utf8()) {
        letters_show((struct span){(const uint8_t *)text, strlen(text)}, &own);
        buf_append_byte(&own, '\0');
    }
    screen_field("", LABEL, _("excepted by %s and %s: %s"), one, other,
                 own.len > 0 && buf_err(&own) == E_OK ? (const char *)own.data : text);
    buf_free(&own);
}

static enum err show_present(const struct record_at *r, struct span text, struct diag *d)
{
    json_t *events = NULL;
    enum err e = extent_read(r->dir_fd, &events, d);
    for (size_t i = 0; i < r->script.persons_n && e == E_OK; i++) {
        const struct script_person *p = &r->script.persons[i];
        bool found = false;
        if (p->certificate.n > 0)
            e = minutes_sign_check(r->dir_fd, &(struct policy_officer){p->id, p->certificate}, text, r->line.time, &found, d);
        if (e == E_OK)
            screen_field(p->certificate.n == 0 ? _("on paper") : found ? _("signed by") : _("not signed"), LABEL, "%s", p->id);
        const json_t *exception = excepted(events, p->id);
        if (e == E_OK && p->certificate.n > 0 && !found && exception != NULL)
            show_exception(exception);
    }
    json_decref(events);
    return e;
}

/* Officers who were not there may have looked at them and signed. */
static enum err show_others(const struct record_at *r, struct span text, struct diag *d)
{
    enum err e = E_OK;
    for (size_t i = 0; i < policy_table.officers_n && e == E_OK; i++) {
        const struct policy_officer *who = &policy_table.officers[i];
        bool found = false;
        if (script_person_find(&r->script, who->id) < 0)
            e = minutes_sign_check(r->dir_fd, who, text, r->line.time, &found, d);
        if (e == E_OK && found)
            screen_field(_("signed by"), LABEL, "%s", who->id);
    }
    return e;
}

static enum err see_minutes(struct record_at *r, struct diag *d)
{
    struct policy_officer who = {0};
    struct buf text = {0};
    uint8_t html[DIGEST_LEN];
    enum err e = options.officer != NULL ? find_signer(r, &who, d) : E_OK;
    if (e == E_OK)
        e = compare_file(r, MINUTES_HTML, "minutes", d);
    if (e == E_OK)
        e = compare_file(r, MINUTES_TEXT, "text", d);
    if (e == E_OK)
        e = write_again(r, d);
    if (e == E_OK)
        e = minutes_sign_text(&r->line, &text);
    if (e == E_OK)
        e = record_digest(&r->line, "minutes", html);
    if (e == E_OK)
        e = minutes_show(r->script.name, html, d);
    if (e == E_OK && options.officer != NULL)
        e = confirm_digest(html, N_("minutes"), d);
    if (e == E_OK && options.officer != NULL)
        e = sign(r, &who, buf_span(&text), d);
    if (e == E_OK)
        e = show_present(r, buf_span(&text), d);
    if (e == E_OK)
        e = show_others(r, buf_span(&text), d);
    buf_free(&text);
    return e;
}

enum err cmd_minutes(int n, char **operands, struct diag *d)
{
    struct record_at r = {.state_fd = -1, .dir_fd = -1};
    (void)n;
    (void)operands;
    if (options.officer == NULL && (options.key_file != NULL || options.officer_token != NULL))
        return diag_set(d, E_USAGE, "an officer's key goes with the officer");
    enum err e = options.officer != NULL ? officer_key_from_options(&r.key, d) : E_OK; /* before all the reading */
    if (e == E_OK)
        e = banner_print(&policy_table, d);
    if (e == E_OK)
        e = enter(&r, d);
    if (e == E_OK)
        e = r.logged ? see_minutes(&r, d) : write_draft(&r, d);
    record_free(&r.line);
    script_free(&r.script);
    if (r.dir_fd >= 0)
        close(r.dir_fd);
    if (r.state_fd >= 0)
        close(r.state_fd);
    return e;
}
