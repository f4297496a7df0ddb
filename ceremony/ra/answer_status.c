#include <string.h>

#include "batch/lateness.h"
#include "core/clock.h"
#include "ra/answering.h"

static bool same_text(const struct record *r, const char *key, const char *want)
{
    return strcmp(record_text(r, key), want) == 0;
}

/* A key of the authority that issued the certificate. */
static bool is_key(const struct answering *w, const char *name)
{
    const struct policy_authority *a = w->decider.authority;
    for (size_t i = 0; i < a->keys_n; i++)
        if (strcmp(a->keys[i].name, name) == 0)
            return true;
    return false;
}

/* What both kinds of log lines say. */
static enum err check_line(const struct answering *w, const struct result *s, const struct record *r,
                           const struct decision *o, struct diag *d)
{
    char serial[2 * SERIAL_LEN + 1];
    hex_encode(o->request.serial, SERIAL_LEN, serial);
    if (strcmp(s->serial, serial) != 0 || !same_text(r, "serial", serial))
        return answering_differs(w, "it is about another certificate than was asked for", d);
    if (strcmp(s->clause, o->clause) != 0)
        return answering_differs(w, "it rests on another clause than the policy's", d);
    if (!same_text(r, "authority", w->desk->header.authority) || !is_key(w, record_text(r, "key")))
        return answering_differs(w, "its log line has another authority, or a key of another one", d);
    if (o->request.issuer[0] != '\0' && !same_text(r, "key", o->request.issuer))
        return answering_differs(w, "its log line has another issuer than was named", d);
    return E_OK;
}

static enum err check_reason(const struct answering *w, const struct result *s, const struct record *r,
                             const struct decision *o, struct diag *d)
{
    const char *reason = o->reason != NULL ? o->reason->name : "";
    int code = o->reason != NULL ? o->reason->code : s->act == PLAN_HOLD ? CRL_REASON_HOLD : CRL_REASON_REMOVE;
    if (!same_text(r, "status", result_word(s->act)))
        return answering_differs(w, "its log line has another status", d);
    if (strcmp(s->reason, reason) != 0 || !same_text(r, "reason", reason) || s->reason_code != code ||
        record_number(r, "reason-code") != code)
        return answering_differs(w, "its reason is not the one that was given, or has another code than the policy's", d);
    return E_OK;
}

static enum err check_late(const struct answering *w, const struct result *s, const struct record *r,
                           const struct decision *o, struct diag *d)
{
    char asked[CLOCK_TEXT];
    clock_format(o->request.requested_at, asked);
    if (!same_text(r, "asked", asked))
        return answering_differs(w, "its log line has another time at which it was asked for", d);
    if (s->late != json_is_true(json_object_get(r->obj, "late")) ||
        !lateness_fits(w->decider.authority, s->act, o->request.requested_at, r->time, s->late))
        return answering_differs(w, "it was late and is not called so, or the other way round", d);
    return E_OK;
}

enum err answer_status(struct answering *w, const struct result *s, const struct record *r, const struct decision *o,
                       struct answer *a, struct diag *d)
{
    struct change change = {.act = s->act, .reason = (int)s->reason_code};
    enum err e = check_line(w, s, r, o, d);
    if (e == E_OK && s->act != PLAN_ACCEPT)
        e = check_reason(w, s, r, o, d);
    if (e == E_OK && s->act != PLAN_ACCEPT)
        e = check_late(w, s, r, o, d);
    memcpy(change.serial, o->request.serial, SERIAL_LEN);
    snprintf(change.key, sizeof change.key, "%s", record_text(r, "key"));
    if (e == E_OK && s->act != PLAN_ACCEPT)
        e = changes_put(&w->changes, &change, d);
    if (e != E_OK)
        return e;
    snprintf(a->serial, sizeof a->serial, "%s", s->serial);
    snprintf(a->reason, sizeof a->reason, "%s", s->reason != NULL ? s->reason : "");
    a->late = s->late;
    return E_OK;
}
