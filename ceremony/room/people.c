#include "room/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/i18n.h"
#include "core/screen.h"
#include "core/text.h"
#include "room/tee.h"
#include "officer/typed.h"

#define TRIES 3
#define TROUBLE 4 /* columns that the rest of a message is indented */

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
    return people_words_or_code(digest, what, NULL, NULL, d);
}

enum err people_words_or_code(const uint8_t digest[DIGEST_LEN], const char *what, typed_other *code, void *arg, struct diag *d)
{
    printf(code != NULL ? _("The first %d words of the %s, or one of their codes by a scanner: ")
                        : _("The first %d words of the %s, or more of them: "), TYPED_ENOUGH, _(what));
    return typed_words(digest, what, people_read, code, arg, d);
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
        if (strcasecmp(line, p->initials) == 0) /* the capitals are those of the file */
            return E_OK;
    }
    return diag_set(d, E_ABSENT, "%s, %s", p->id, script_role_name(p->role));
}

/* False when the person has none. */
static bool certificate_digest(const struct script_person *p, char hex[DIGEST_HEX])
{
    uint8_t digest[DIGEST_LEN];
    if (p->certificate.n == 0 || digest_bytes(DIGEST_SHA256, p->certificate.p, p->certificate.n, digest) != E_OK)
        return false;
    hex_encode(digest, DIGEST_LEN, hex);
    return true;
}

enum err people_present(struct room *r, struct diag *d)
{
    char hex[DIGEST_HEX];
    enum err e = E_OK;
    screen_fold(0, 0, _("Everybody types their initials; \"stop\" stops the ceremony, here and later."));
    for (size_t i = 0; i < r->script->persons_n && e == E_OK; i++) {
        const struct script_person *p = &r->script->persons[i];
        e = ask_initials(p, d);
        if (e == E_OK)
            e = transcript_add(r->transcript, EVENT_PRESENT,
                               json_pack("{s:s,s:s,s:s*}", "person", p->id, "role", script_role_name(p->role), "certificate",
                                         certificate_digest(p, hex) ? hex : NULL), d);
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

/* Again, or an exception; to stop is E_STOPPED. */
static enum err choose(const struct script_step *s, const struct people_trouble *t, bool *again, struct diag *d)
{
    char line[64];
    for (;;) {
        if (t->about != NULL)
            printf("%s:\n", t->about);
        else
            printf(_("Step %d is not done.\n"), s->n);
        printf("%s", t->exception ? _("Type \"again\" to try again, \"exception\" to go on without and say why, or \"stop\": ")
                                  : _("Type \"again\" to try again, or \"stop\": "));
        enum err e = people_read(line, sizeof line, d);
        *again = strcmp(line, "again") == 0;
        if (e != E_OK || *again || (t->exception && strcmp(line, "exception") == 0))
            return e;
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

/* The reason, and the initials of two persons. */
static enum err except(struct room *r, const struct script_step *s, const struct people_trouble *t, struct diag *d)
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
                          json_pack("{s:i,s:s*,s:s,s:s,s:[s,s]}", "n", s->n, "about", t->about, "code", err_name(t->code), "reason",
                                    reason, "persons", r->script->persons[one].id, r->script->persons[two].id),
                          d);
}

static void tell_trouble(const struct people_trouble *t)
{
    char line[2 * DIAG_TEXT_MAX];
    snprintf(line, sizeof line, "%s: %s: %s", err_name(t->code), _(err_sentence(t->code)), t->why->said);
    screen_fold(0, TROUBLE, line);
}

enum err people_settle(struct room *r, const struct script_step *s, const struct people_trouble *t, bool *again, struct diag *d)
{
    *again = false;
    tell_trouble(t);
    enum err e = transcript_add(r->transcript, EVENT_FAILED,
                                json_pack("{s:i,s:s*,s:s,s:s}", "n", s->n, "about", t->about, "code", err_name(t->code), "text", t->why->text),
                                d);
    if (e == E_OK)
        e = choose(s, t, again, d);
    return e == E_OK && !*again ? except(r, s, t, d) : e;
}
