#include "audit/evidence_decide.h"

#include <stdio.h>
#include <string.h>

#include "batch/certify.h"
#include "pki/name.h"

/* The signing request of a pair is another line of the batch, which is not here. */
static enum err note_pair(const struct evidence_facts *f, struct decider *c, const struct decision *o, struct diag *d)
{
    struct decision signing = {.profile = policy_profile_find(c->authority, o->profile->pair)};
    struct plan_item item = {.act = PLAN_ISSUE};
    snprintf(signing.request.id, sizeof signing.request.id, "%s", o->request.pair.request);
    memcpy(signing.subject_digest, o->subject_digest, DIGEST_LEN);
    memcpy(item.serial, f->item.pair, SERIAL_LEN);
    return pair_note_issued(c, &signing, &item, d);
}

static enum err decide(const struct evidence *e, const struct evidence_facts *f, struct decider *c, struct decision *o, struct diag *d)
{
    const struct span line = buf_span(&e->batch.v[1].bytes);
    const uint64_t number = e->batch.v[1].index + 1;
    enum err err = decide_request(c, line, E_OK, number, o, d);
    if (err != E_OK || o->code != E_PAIR_UNKNOWN || !f->item.has_pair)
        return err;
    err = note_pair(f, c, o, d);
    decision_free(o);
    *o = (struct decision){0};
    set_free(&c->ids); /* it is the same request again */
    return err == E_OK ? decide_request(c, line, E_OK, number, o, d) : err;
}

static enum err make_again(const struct evidence_facts *f, const struct policy *policy, const struct decision *o,
                           struct plan_item *again, struct diag *d)
{
    struct issuer issuer = {.row = policy_key_find(policy, f->item.key), .cert = f->issuer};
    if (o->code != E_OK)
        return diag_set(d, E_EVIDENCE_CONTENT, "the policy refuses the request (%s)", err_name(o->code));
    if (o->act != PLAN_ISSUE || o->seals != NULL || issuer.row == NULL)
        return diag_set(d, E_EVIDENCE_CONTENT, "the request asks for something else");
    again->n = f->item.n;
    memcpy(again->serial, f->item.serial, SERIAL_LEN);
    certify_begin(o, again);
    enum err e = name_from_rules(issuer.row->subject, issuer.row->subjects, &issuer.subject, d);
    if (e == E_OK)
        e = certify_build(&issuer, o, f->plan_header.created, again, d);
    buf_free(&issuer.subject);
    return e;
}

static enum err compare(const struct plan_item *planned, const struct plan_item *again, struct diag *d)
{
    struct buf a = {0}, b = {0};
    enum err e = plan_write_item(planned, &a);
    if (e == E_OK)
        e = plan_write_item(again, &b);
    if (e == E_OK && (a.len != b.len || memcmp(a.data, b.data, a.len) != 0))
        e = diag_set(d, E_EVIDENCE_CONTENT, "the request was not decided so, or the certificate says something else than it asks for");
    else if (e != E_OK)
        diag_set(d, e, "the plan's line");
    buf_free(&a);
    buf_free(&b);
    return e;
}

enum err evidence_decide(const struct evidence *e, const struct evidence_facts *f, const struct policy *policy, struct diag *d)
{
    struct decider c = {.policy = policy, .header = &f->header, .now = f->plan_header.created};
    struct decision o = {0};
    struct plan_item again = {0};
    enum err err = header_check(&f->header, policy, c.now, &c.authority, d);
    if (err == E_OK)
        err = decide(e, f, &c, &o, d);
    if (err == E_OK)
        err = make_again(f, policy, &o, &again, d);
    if (err == E_OK)
        err = compare(&f->item, &again, d);
    plan_item_free(&again);
    decision_free(&o);
    decider_free(&c);
    return err;
}
