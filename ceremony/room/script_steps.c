#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "pki/alg.h"
#include "policy/scalar.h"
#include "room/script_build.h"

/* Which fields a kind of step has: '!' must, '?' may, ' ' must not. */
struct takes {
    char keys, one_key, key_by, from, to, digest, bundles, expect, without;
    int persons; /* at least so many confirm */
};
static const struct takes takes[STEP_KINDS] = {
    [STEP_TIME] = {' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', 2},
    [STEP_CHAIN] = {' ', ' ', ' ', ' ', ' ', ' ', '?', ' ', ' ', 2},
    [STEP_INIT] = {' ', ' ', ' ', ' ', ' ', ' ', ' ', '?', ' ', 2},
    [STEP_KEYGEN] = {'?', '?', ' ', ' ', ' ', ' ', ' ', '?', ' ', 2},
    [STEP_ROOT] = {'?', '?', ' ', ' ', ' ', ' ', ' ', '?', ' ', 2},
    [STEP_SUB_CA] = {' ', ' ', '!', '!', ' ', '?', ' ', '!', ' ', 2},
    [STEP_CROSS] = {' ', '!', '!', ' ', ' ', ' ', ' ', '?', ' ', 2},
    [STEP_MEDIUM] = {' ', ' ', ' ', '!', ' ', '?', ' ', ' ', ' ', 1},
    [STEP_BATCH] = {' ', ' ', ' ', '!', '!', ' ', ' ', ' ', ' ', 2},
    [STEP_CRL] = {' ', '!', ' ', ' ', '!', ' ', ' ', ' ', ' ', 2},
    [STEP_TRANSFER] = {' ', '!', ' ', ' ', ' ', ' ', ' ', '!', ' ', 2},
    [STEP_REPLACE] = {' ', ' ', ' ', ' ', ' ', ' ', '?', '!', '?', 2},
    [STEP_DESTROY] = {' ', '!', ' ', ' ', ' ', ' ', ' ', '!', ' ', 2},
    [STEP_KEYS] = {' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', 1},
    [STEP_MINUTES] = {' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', 1},
};

static enum err check_field(struct script_build *b, int i, const char *field, char rule, bool there)
{
    if (rule == '!' && !there)
        return script_build_error(b, "steps", i, "", "the key \"%s\" is missing", field);
    if (rule == ' ' && there)
        return script_build_error(b, "steps", i, field, "a step of this kind has no such key");
    return E_OK;
}

static enum err check_fields(struct script_build *b, int i, const struct takes *t, const struct yaml_step *y)
{
    const struct {
        const char *field;
        char rule;
        bool there;
    } all[] = {{"key", t->one_key, y->key != NULL},     {"keys", t->keys, y->keys.n > 0},
               {"signed-by", t->key_by, y->key_by != NULL}, {"from", t->from, y->from != NULL},
               {"to", t->to, y->to != NULL},            {"digest", t->digest, y->digest != NULL},
               {"bundles", t->bundles, y->bundles.n > 0}, {"expect", t->expect, y->expect != NULL},
               {"without", t->without, y->without.n > 0}};
    enum err e = E_OK;
    for (size_t k = 0; k < sizeof all / sizeof *all && e == E_OK; k++)
        e = check_field(b, i, all[k].field, all[k].rule, all[k].there);
    if (e == E_OK && y->key != NULL && y->keys.n > 0)
        e = script_build_error(b, "steps", i, "keys", "there is a key, too");
    return e;
}

static enum err build_by(struct script_build *b, const struct script *s, int i, const struct yaml_step *y,
                         struct script_step *out, int at_least)
{
    int n = 0;
    for (unsigned k = 0; k < y->by.n; k++) {
        int who = script_person_find(s, y->by.v[k]);
        if (who < 0)
            return script_build_error(b, "steps", i, "by", "%s is not present", y->by.v[k]);
        if ((out->by >> who & 1) != 0)
            return script_build_error(b, "steps", i, "by", "%s stands twice", y->by.v[k]);
        out->by |= UINT32_C(1) << who;
        n++;
    }
    if (y->by.n == 0)
        out->by = s->persons_n == 32 ? UINT32_MAX : (UINT32_C(1) << s->persons_n) - 1;
    else if (n < at_least)
        return script_build_error(b, "steps", i, "by", "%d person confirms, %d must", n, at_least);
    return E_OK;
}

static enum err check_names(struct script_build *b, int i, const char *field, const char *const *names, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (policy_key_find(b->policy, names[k]) == NULL)
            return script_build_error(b, "steps", i, field, "the policy has no key %s", names[k]);
    return E_OK;
}

static enum err check_transferable(struct script_build *b, int i, const struct script_step *s)
{
    const struct policy_key *row = s->kind == STEP_TRANSFER ? policy_key_find(b->policy, s->keys[0]) : NULL;
    if (row != NULL && !row->transferable)
        return script_build_error(b, "steps", i, "key", "the policy does not call %s transferable", row->name);
    return E_OK;
}

static enum err build_keys(struct script_build *b, int i, struct yaml_step *y, struct script_step *out)
{
    out->keys = y->key != NULL ? (const char *const *)&y->key : (const char *const *)y->keys.v;
    out->keys_n = y->key != NULL ? 1 : y->keys.n;
    out->without = (const char *const *)y->without.v;
    out->without_n = y->without.n;
    out->key_by = y->key_by;
    enum err e = check_names(b, i, y->key != NULL ? "key" : "keys", out->keys, out->keys_n);
    if (e == E_OK)
        e = check_transferable(b, i, out);
    if (e == E_OK)
        e = check_names(b, i, "without", out->without, out->without_n);
    return e == E_OK && y->key_by != NULL ? check_names(b, i, "signed-by", &out->key_by, 1) : e;
}

static bool is_hex(const char *s, size_t n)
{
    return strlen(s) == n && strspn(s, "0123456789abcdef") == n;
}

static bool is_until(const char *s)
{
    int64_t t;
    char full[32];
    snprintf(full, sizeof full, "%s%sT00:00:00Z", s, strlen(s) == 4 ? "-01-01" : "");
    return (strlen(s) == 4 || strlen(s) == 10) && clock_parse(full, &t);
}

static enum err build_expect(struct script_build *b, int i, const struct yaml_step *y, struct script_step *out)
{
    const struct yaml_expect *x = y->expect;
    enum sig_alg alg;
    if (y->digest != NULL && !is_hex(y->digest, 2 * DIGEST_LEN))
        return script_build_error(b, "steps", i, "digest", "\"%s\" is not 64 lower-case hexadecimal digits", y->digest);
    if (out->kind == STEP_DESTROY && (x == NULL || x->key_id == NULL)) /* a name is soon mistaken; this is that key alone */
        return script_build_error(b, "steps", i, "expect", "the key \"key-id\" is missing");
    if (out->kind == STEP_REPLACE && (x == NULL || x->token == NULL))
        return script_build_error(b, "steps", i, "expect", "the key \"token\" is missing");
    if (x == NULL)
        return E_OK;
    if (x->algorithm != NULL && !alg_sig_by_name(x->algorithm, &alg))
        return script_build_error(b, "steps", i, "expect.algorithm", "\"%s\" is no algorithm", x->algorithm);
    if (x->key_id != NULL && !is_hex(x->key_id, 40))
        return script_build_error(b, "steps", i, "expect.key-id", "\"%s\" is not 40 lower-case hexadecimal digits",
                                  x->key_id);
    if (x->until != NULL && !is_until(x->until))
        return script_build_error(b, "steps", i, "expect.until", "\"%s\" is neither a year nor a day", x->until);
    out->expect = (struct script_expect){x->algorithm, x->subject, x->key_id, x->until, x->token};
    return E_OK;
}

/* Both are known by the same content. */
static bool is_same_stick(const struct script_step *a, const struct script_step *b)
{
    return a->digest != NULL && b->digest != NULL ? strcmp(a->digest, b->digest) == 0 : strcmp(a->from, b->from) == 0;
}

/* A stick is plugged in once, and everything that needs it is done then. */
static enum err check_stick(struct script_build *b, const struct script *s, int i)
{
    const struct script_step *step = &s->steps[i], *before = NULL;
    if (step->kind != STEP_MEDIUM && step->to == NULL)
        return E_OK;
    for (int k = 0; k < i; k++) {
        if (s->steps[k].kind != STEP_MEDIUM)
            continue;
        before = &s->steps[k];
        if (step->kind == STEP_MEDIUM && is_same_stick(step, before))
            return script_build_error(b, "steps", i, "from", "this stick was in at step %d: what needs it goes there", before->n);
    }
    if (step->to != NULL && before == NULL) /* a request is one file, and shown whole */
        return script_build_error(b, "steps", i, "to", "no medium step before it says by its content which stick this is on");
    return E_OK;
}

/* The log is compared with the token first of all; a token that was lost is replaced before. */
static bool is_chain(const struct script *s, int i)
{
    const struct script_step *second = &s->memory->steps[1];
    return s->follows_any && (i == 1 ? second->kind != STEP_REPLACE : i == 2 && second->kind == STEP_REPLACE);
}

/* A log begins once, and what follows a ceremony has one. */
static enum err check_init(struct script_build *b, const struct script *s, int i)
{
    if (s->steps[i].kind != STEP_INIT)
        return E_OK;
    if (s->follows_any)
        return script_build_error(b, "steps", i, "do", "the ceremony follows one, whose log goes on");
    for (int k = 0; k < i; k++)
        if (s->steps[k].kind == STEP_INIT)
            return script_build_error(b, "steps", i, "do", "step %d has begun the log", s->steps[k].n);
    return E_OK;
}

static enum err build_step(struct script_build *b, struct script *out, int i)
{
    struct yaml_step *y = &out->memory->yaml->steps[i];
    struct script_step *s = &out->memory->steps[i];
    const bool last = (unsigned)i + 1 == out->memory->yaml->steps_n;
    *s = (struct script_step){.n = i + 1, .say = y->say, .from = y->from, .to = y->to, .digest = y->digest,
                              .bundles = (const char *const *)y->bundles.v, .bundles_n = y->bundles.n};
    if (!script_step_by_name(y->what, &s->kind))
        return script_build_error(b, "steps", i, "do", "\"%s\" is nothing that is done in a ceremony", y->what);
    if ((s->kind == STEP_MINUTES) != last)
        return script_build_error(b, "steps", i, "do", "minutes are the last step, and only that");
    if ((i == 0) != (s->kind == STEP_TIME))
        return script_build_error(b, "steps", i, "do", "time is the first step, and only that");
    if (is_chain(out, i) != (s->kind == STEP_CHAIN))
        return script_build_error(b, "steps", i, "do", out->follows_any
                                      ? "chain is the second step, or the third behind replace, since the ceremony follows one"
                                      : "the ceremony follows none, so there is no chain");
    enum err e = check_init(b, out, i);
    if (e != E_OK)
        return e;
    if (y->say != NULL && (!scalar_filled(y->say) || scalar_characters(y->say) > SCRIPT_TEXT))
        return script_build_error(b, "steps", i, "say", "it is empty or longer than %d characters", SCRIPT_TEXT);
    e = check_fields(b, i, &takes[s->kind], y);
    if (e == E_OK)
        e = build_by(b, out, i, y, s, takes[s->kind].persons);
    if (e == E_OK)
        e = build_keys(b, i, y, s);
    if (e == E_OK)
        e = build_expect(b, i, y, s);
    return e == E_OK ? check_stick(b, out, i) : e;
}

enum err script_build_steps(struct script_build *b, struct script *out)
{
    const unsigned n = out->memory->yaml->steps_n;
    enum err e = E_OK;
    if (n == 0 || n > SCRIPT_STEPS)
        return script_build_error(b, "steps", -1, "", "there are none, or more than %d", SCRIPT_STEPS);
    out->steps = out->memory->steps;
    for (out->steps_n = 0; out->steps_n < n && e == E_OK; out->steps_n++)
        e = build_step(b, out, (int)out->steps_n);
    return e;
}
