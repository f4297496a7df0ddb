#include "ra/seen_effects.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static enum err find(struct seen_effects *s, const uint8_t serial[SERIAL_LEN], struct seen_effect **out)
{
    uint8_t key[DIGEST_LEN], value[DIGEST_LEN] = {0};
    const uint8_t *old;
    size_t place = s->n + 1;
    *out = NULL;
    struct seen_effect *more = reallocarray(s->of, place, sizeof *more);
    if (more == NULL)
        return E_NO_MEMORY;
    s->of = more;
    memcpy(value, &place, sizeof place);
    enum err e = digest_bytes(DIGEST_SHA256, serial, SERIAL_LEN, key);
    if (e == E_OK)
        e = set_put(&s->places, key, value, &old);
    if (e != E_OK)
        return e;
    if (old != NULL)
        memcpy(&place, old, sizeof place);
    else
        s->of[s->n++] = (struct seen_effect){0};
    *out = &s->of[place - 1];
    return E_OK;
}

/* In the order in which the appliance asks: has it ended, is it on hold, and then what this service wants of it. */
static enum err judge(const struct seen_effect *was, const struct decision *o, struct diag *why)
{
    enum op op = o->request.op;
    bool usable = o->act == PLAN_ISSUE || o->act == PLAN_HOLD;
    if (was->ended > 0)
        return diag_set_clause(why, E_CERT_REVOKED, o->clause, "request %" PRId64 " ends it", was->ended);
    if (usable && was->held > 0)
        return diag_set_clause(why, E_CERT_HELD, o->clause, "request %" PRId64 " suspends it", was->held);
    if (op == OP_RESUME && was->released > 0)
        return diag_set_clause(why, E_CERT_NOT_HELD, o->clause, "request %" PRId64 " resumes it", was->released);
    if (op == OP_ACCEPT && was->accepted > 0)
        return diag_set_clause(why, E_CERT_ACCEPTED, o->clause, "request %" PRId64 " says so", was->accepted);
    return E_OK;
}

static void note(struct seen_effect *was, const struct decision *o, int64_t n)
{
    if (o->act == PLAN_REVOKE || (o->act == PLAN_ISSUE && op_supersedes(o->request.op)))
        was->ended = n;
    if (o->act == PLAN_ACCEPT)
        was->accepted = n;
    if (o->act != PLAN_HOLD && o->act != PLAN_RELEASE)
        return;
    was->held = o->act == PLAN_HOLD ? n : 0;
    was->released = o->act == PLAN_RELEASE ? n : 0;
}

enum err seen_effects_take(struct seen_effects *s, struct decision *o, int64_t n, struct diag *d)
{
    struct seen_effect *was;
    struct diag why = {0};
    if (o->code != E_OK || !o->request.has_serial)
        return E_OK;
    enum err e = find(s, o->request.serial, &was);
    if (e != E_OK)
        return diag_set(d, e, "what the requests do");
    o->code = judge(was, o, &why);
    if (o->code == E_OK)
        note(was, o, n);
    else
        memcpy(o->detail, why.text, sizeof o->detail);
    return E_OK;
}

void seen_effects_free(struct seen_effects *s)
{
    set_free(&s->places);
    free(s->of);
    *s = (struct seen_effects){.n = 0};
}
