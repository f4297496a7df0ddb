#include "room/signers.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "room/minutes_sign.h"
#include "room/officers.h"
#include "room/people.h"

/* What one person is asked to sign. */
struct signing {
    int dir_fd;
    struct span text;
    const uint8_t *html; /* its digest, whose words are typed */
    bool typed;          /* they were: a key that does not open is no reason to type them again */
};

static enum err text_of(const struct room *r, const struct minutes *m, struct buf *out, struct diag *d)
{
    enum err e = minutes_sign_text_of(r->script->name, m->html_digest, m->text_digest, m->transcript, out);
    return e == E_OK ? E_OK : diag_set(d, e, "what is signed of the minutes");
}

static enum err sign(void *arg, const struct policy_officer *who, const struct authorise_hand *hand, struct diag *d)
{
    struct signing *g = arg;
    struct buf cms = {0};
    enum err e = g->typed ? E_OK : people_words(g->html, N_("minutes"), d);
    g->typed = e == E_OK;
    if (e == E_OK) {
        struct diag why = {0};
        e = hand->sign(hand->arg, who, g->text, clock_now(), &cms, &why);
        if (e != E_OK)
            e = minutes_sign_again(d, e, &why);
    }
    if (e == E_OK)
        e = minutes_sign_put(g->dir_fd, who, buf_span(&cms), g->text, clock_now(), d);
    buf_free(&cms);
    return e;
}

/* A signature that is damaged is none, and is replaced. */
static enum err has_signed(const struct room *r, const struct policy_officer *who, struct span text, bool *out, struct diag *d)
{
    struct diag why = {0};
    enum err e = minutes_sign_check(r->dir_fd, who, text, clock_now(), out, &why);
    if (e == E_OK || e == E_MINUTES_SIGNATURE || e == E_MEDIUM_FILE || e == E_MEDIUM_LIMIT)
        return E_OK;
    return diag_again(d, e, &why);
}

static enum err tell(struct room *r, const struct script_step *s, const char *id, struct diag *d)
{
    return transcript_add(r->transcript, EVENT_SIGNED, json_pack("{s:i,s:s}", "n", s->n, "person", id), d);
}

static enum err ask_one(struct room *r, const struct script_step *s, const struct policy_officer *who, struct signing *g, struct diag *d)
{
    const struct officers_work work = {sign, g};
    bool signed_ = false, again = true;
    enum err e = E_OK;
    g->typed = false;
    while (e == E_OK && again && !signed_) {
        struct diag why = {0};
        e = officers_ask(r, who, &work, &signed_, &why);
        if (e != E_OK && e != E_NOT_CONFIRMED)
            return diag_again(d, e, &why);
        diag_set(&why, E_UNSIGNED, "%s", who->id);
        const struct people_trouble trouble = {E_UNSIGNED, &why, who->id, true};
        e = signed_ ? E_OK : people_settle(r, s, &trouble, &again, d);
    }
    return e == E_OK && signed_ ? tell(r, s, who->id, d) : e;
}

static bool may_go_without(const struct room *r, const struct script_step *s, const struct script_person *p)
{
    return p->certificate.n == 0 || transcript_is_excepted(r->transcript, s->n, p->id);
}

enum err signers_ask(struct room *r, const struct script_step *s, const struct minutes *m, struct diag *d)
{
    struct buf text = {0};
    enum err e = text_of(r, m, &text, d);
    struct signing g = {.dir_fd = r->dir_fd, .text = buf_span(&text), .html = m->html_digest};
    for (size_t i = 0; i < r->script->persons_n && e == E_OK; i++) {
        const struct script_person *p = &r->script->persons[i];
        const struct policy_officer who = {p->id, p->certificate};
        bool before = false;
        if (p->certificate.n == 0)
            screen_item(_("on paper"), "%s", p->id);
        if (may_go_without(r, s, p))
            continue;
        e = has_signed(r, &who, g.text, &before, d);
        if (e == E_OK && !before)
            e = ask_one(r, s, &who, &g, d);
        else if (e == E_OK && !transcript_is_signed(r->transcript, s->n, who.id))
            e = tell(r, s, who.id, d); /* an interruption came between, or an exception before */
    }
    buf_free(&text);
    return e;
}

enum err signers_check(const struct room *r, const struct script_step *s, const struct minutes *m, struct diag *d)
{
    struct buf text = {0};
    enum err e = text_of(r, m, &text, d);
    for (size_t i = 0; i < r->script->persons_n && e == E_OK; i++) {
        const struct script_person *p = &r->script->persons[i];
        const struct policy_officer who = {p->id, p->certificate};
        bool there = false;
        if (may_go_without(r, s, p))
            continue;
        e = has_signed(r, &who, buf_span(&text), &there, d);
        if (e == E_OK && !there)
            e = diag_set(d, E_UNSIGNED, "%s", p->id);
    }
    buf_free(&text);
    return e;
}
