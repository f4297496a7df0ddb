#include "room/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/i18n.h"
#include "core/screen.h"
#include "core/text.h"
#include "room/tee.h"
#include "officer/typed.h"

#define TRIES 3

enum err people_read(char *out, size_t cap, struct diag *d)
{
    int c;
    tee_break();
    if (fgets(out, (int)cap, stdin) == NULL) {
        out[0] = '\0';
        return diag_set(d, E_STOPPED, "nothing more was typed");
    }
    size_t n = strcspn(out, "\n");
    if (out[n] == '\0' && n + 1 == cap) /* too long for any answer: the rest of it is none of the next question */
        while ((c = getchar()) != '\n' && c != EOF)
            ;
    while (n > 0 && (out[n - 1] == ' ' || out[n - 1] == '\r'))
        n--;
    out[n] = '\0';
    return strcmp(out, "stop") == 0 ? diag_set(d, E_STOPPED, "by those present") : E_OK;
}

enum err people_words(const uint8_t digest[DIGEST_LEN], const char *what, struct diag *d)
{
    printf(_("The first %d words of the %s, or more of them: "), TYPED_ENOUGH, _(what));
    return typed_words(digest, what, people_read, d);
}

/* The initials of this person, three tries. */
static enum err ask_initials(const struct script_person *p, struct diag *d)
{
    char line[64];
    for (int i = 0; i < TRIES; i++) {
        printf(i > 0 ? _("Those are not they. Initials of %s (%s): ") : _("Initials of %s (%s): "), p->id,
               i18n_in("role", script_role_name(p->role)));
        enum err e = people_read(line, sizeof line, d);
        if (e != E_OK)
            return e;
        if (strcmp(line, p->initials) == 0)
            return E_OK;
    }
    return diag_set(d, E_ABSENT, "%s, %s", p->id, script_role_name(p->role));
}

enum err people_present(struct room *r, struct diag *d)
{
    enum err e = E_OK;
    screen_fold(0, 0, _("Everybody types their initials; \"stop\" stops the ceremony, here and later."));
    for (size_t i = 0; i < r->script->persons_n && e == E_OK; i++) {
        const struct script_person *p = &r->script->persons[i];
        e = ask_initials(p, d);
        if (e == E_OK)
            e = transcript_add(r->transcript, EVENT_PRESENT,
                               json_pack("{s:s,s:s}", "person", p->id, "role", script_role_name(p->role)), d);
    }
    return e;
}

enum err people_confirm(struct room *r, const struct script_step *s, struct diag *d)
{
    enum err e = E_OK;
    for (size_t i = 0; i < r->script->persons_n && e == E_OK; i++) {
        const struct script_person *p = &r->script->persons[i];
        if ((s->by >> i & 1) == 0)
            continue;
        e = ask_initials(p, d);
        if (e == E_OK)
            e = transcript_add(r->transcript, EVENT_CONFIRM, json_pack("{s:i,s:s}", "n", s->n, "person", p->id), d);
    }
    return e;
}

enum err people_choose(struct room *r, const struct script_step *s, bool exception_allowed, enum people_choice *out,
                       struct diag *d)
{
    char line[64];
    (void)r;
    for (;;) {
        printf(exception_allowed ? _("Step %d is not done. Type \"again\" to try it again, \"exception\" to go on without it "
                                     "and say why, or \"stop\": ")
                                 : _("Step %d is not done. Type \"again\" to try it again, or \"stop\": "),
               s->n);
        enum err e = people_read(line, sizeof line, d);
        if (e != E_OK)
            return e;
        *out = strcmp(line, "again") == 0 ? PEOPLE_AGAIN : PEOPLE_EXCEPTION;
        if (strcmp(line, "again") == 0 || (exception_allowed && strcmp(line, "exception") == 0))
            return E_OK;
    }
}

static enum err ask_reason(char *out, size_t cap, struct diag *d)
{
    enum err e = E_OK;
    for (out[0] = '\0'; e == E_OK && out[0] == '\0';) {
        printf("%s", _("The reason, in one line: "));
        e = people_read(out, cap, d);
        if (e == E_OK && !text_is_utf8(out, strlen(out)))
            out[0] = '\0';
    }
    return e;
}

/* Somebody of those present, by initials, and not `other`. */
static enum err ask_somebody(const struct script *script, int other, int *out, struct diag *d)
{
    char line[64];
    for (int i = 0; i < TRIES; i++) {
        printf("%s", other < 0 ? _("Initials of one person who stands for it: ")
                               : _("Initials of another person who stands for it: "));
        enum err e = people_read(line, sizeof line, d);
        if (e != E_OK)
            return e;
        *out = script_person_by_initials(script, line);
        if (*out >= 0 && *out != other)
            return E_OK;
        printf("%s", *out < 0 ? _("Nobody has those. ") : _("It takes two persons. "));
    }
    return diag_set(d, E_ABSENT, "two persons must stand for an exception");
}

enum err people_exception(struct room *r, const struct script_step *s, enum err code, struct diag *d)
{
    char reason[SCRIPT_TEXT + 1];
    int one = -1, two = -1;
    enum err e = ask_reason(reason, sizeof reason, d);
    if (e == E_OK)
        e = ask_somebody(r->script, -1, &one, d);
    if (e == E_OK)
        e = ask_somebody(r->script, one, &two, d);
    if (e != E_OK)
        return e;
    return transcript_add(r->transcript, EVENT_EXCEPTION,
                          json_pack("{s:i,s:s,s:s,s:[s,s]}", "n", s->n, "code", err_name(code), "reason", reason,
                                    "persons", r->script->persons[one].id, r->script->persons[two].id),
                          d);
}
