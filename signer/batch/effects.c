#include "batch/effects.h"

#include <string.h>

enum err effects_take(struct effects *f, const struct decision *o, const struct plan_item *item, struct diag *d)
{
    bool ends = item->act == PLAN_ISSUE && item->has_supersedes;
    bool listed = ends || item->act == PLAN_REVOKE || item->act == PLAN_HOLD || item->act == PLAN_RELEASE;
    f->any = f->any || (item->act != PLAN_ISSUE && item->act != PLAN_REFUSE) || ends ||
             o->request.has_serial || o->request.pair.has_serial;
    for (size_t i = 0; listed && i < f->authority->keys_n; i++)
        f->due[i] = f->due[i] || strcmp(f->authority->keys[i].name, o->existing.key) == 0;
    return listed || item->act == PLAN_ACCEPT ? f->world->take(f->world->arg, f->header, item, d) : E_OK;
}

bool effects_needs_list(const struct decision *o, const struct policy *policy)
{
    const struct policy_key *row = policy_key_find(policy, o->existing.key);
    return (o->act == PLAN_REVOKE || o->act == PLAN_HOLD || o->act == PLAN_RELEASE) && row != NULL && row->crl_period > 0;
}

enum err effects_check_living(const struct issuer *issuer, struct diag *d)
{
    return issuer->destroyed ? diag_set_clause(d, E_KEY_DESTROYED, issuer->row->crl_clause, "%s signs no list any more",
                                               issuer->row->name)
                             : E_OK;
}

enum err effects_list(const struct effects *f, const struct issuer *issuer, bool delta, struct plan_item *item,
                      struct diag *d)
{
    const struct policy_key *row = issuer->row;
    enum err e = effects_check_living(issuer, d);
    if (e != E_OK)
        return e;
    item->act = PLAN_CRL;
    item->crl.next_update = f->header->created + (delta ? row->crl_delta_period : row->crl_period);
    snprintf(item->key, sizeof item->key, "%s", row->name);
    snprintf(item->clause, sizeof item->clause, "%s", row->crl_clause);
    return f->world->list(f->world->arg, f->header, issuer, delta, item, d);
}

enum err effects_responses(const struct effects *f, const struct issuer *issuer, const struct issuer *responder,
                           struct plan_item *item, struct diag *d)
{
    const struct policy_authority *a = f->authority;
    if (responder->destroyed)
        return diag_set_clause(d, E_KEY_DESTROYED, a->ocsp_clause, "%s signs no response any more", responder->row->name);
    item->act = PLAN_OCSP;
    item->ocsp.next_update = f->header->created + a->ocsp_period;
    snprintf(item->key, sizeof item->key, "%s", issuer->row->name);
    snprintf(item->ocsp.responder, sizeof item->ocsp.responder, "%s", responder->row->name);
    snprintf(item->clause, sizeof item->clause, "%s", a->ocsp_clause);
    if (ASN1_TIME_cmp_time_t(X509_get0_notAfter(responder->cert), (time_t)item->ocsp.next_update) < 0)
        return diag_set_clause(d, E_OUTLIVES_ISSUER, "RFC 5019 2.2.2", "the certificate of %s ends before the next responses are due",
                               responder->row->name);
    return f->world->responses(f->world->arg, f->header, issuer, responder, item, d);
}

const struct policy_key *effects_next_due(struct effects *f)
{
    while (f->at < f->authority->keys_n) {
        size_t i = f->at++;
        if (f->due[i] && f->authority->keys[i].crl_period > 0)
            return &f->authority->keys[i];
    }
    return NULL;
}
