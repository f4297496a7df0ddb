#include "help_change.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "expect.h"
#include "help_pki.h"

struct change_fix change_fix;

void change_set_up(void)
{
    help_evidence_make(&change_fix.h);
}

void change_tear_down(void)
{
    help_evidence_free(&change_fix.h);
    help_clean();
}

static void begin(struct change_fix *x)
{
    x->d = (struct diag){0};
    expect_ok_diag(evidence_parse(buf_span(&x->h.text), &x->e, &x->d), &x->d);
    expect_ok_diag(evidence_read_parts(&x->e, &x->f, &x->d), &x->d);
    x->policy = x->h.policy;
    x->authority = x->policy.authorities[0];
    x->person = x->policy.persons[0];
    x->root = x->authority.keys[0];
    x->profile = x->authority.profiles[0];
    x->policy.authorities = &x->authority;
    x->policy.persons = &x->person;
    x->authority.keys = &x->root;
    x->authority.profiles = &x->profile;
}

void change_expect(const char *name, const struct change *c)
{
    struct change_fix *x = &change_fix;
    begin(x);
    const size_t approvals = x->e.approvals.n, authorisations = x->e.authorisations.n;
    c->make();
    enum err e = evidence_check(&x->e, &x->f, &x->policy, x->anchors, &x->verdict, &x->d);
    ck_assert_msg(e == c->want && (c->words == NULL || strstr(x->d.text, c->words) != NULL), "%s: %s: %s", name, err_name(e),
                  x->d.text);
    expect_seen(e);
    if (x->e.approvals.n < approvals) /* they were hidden */
        x->e.approvals.n = approvals;
    if (x->e.authorisations.n < authorisations)
        x->e.authorisations.n = authorisations;
    evidence_facts_free(&x->f);
    evidence_free(&x->e);
}

void change_expect_all(const struct change *all, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char name[32];
        snprintf(name, sizeof name, "change %zu", i);
        change_expect(name, &all[i]);
    }
}

struct record *change_record(int line)
{
    return &change_fix.f.records[line];
}

void change_field(int line, const char *key, json_t *value)
{
    ck_assert_int_eq(json_object_set_new(change_record(line)->obj, key, value), 0);
}

void change_adopt(void)
{
    char hex[DIGEST_HEX];
    expect_ok(policy_digest(&change_fix.policy, change_fix.f.plan_header.policy));
    hex_encode(change_fix.f.plan_header.policy, DIGEST_LEN, hex);
    change_field(PLAN, "policy", json_string(hex));
}
