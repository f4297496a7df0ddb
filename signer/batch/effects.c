#include "batch/effects.h"

#include <string.h>

enum err effects_take(struct effects *f, const struct decision *o, const struct plan_item *item, struct diag *d)
{
    bool ends = item->act == PLAN_ISSUE && item->has_supersedes;
    bool listed = ends || item->act == PLAN_REVOKE || item->act == PLAN_HOLD || item->act == PLAN_RELEASE;
    f->any = f->any || (item->act != PLAN_ISSUE && item->act != PLAN_REFUSE) || ends;
    for (size_t i = 0; listed && i < f->authority->keys_n && i < EFFECTS_KEYS; i++)
        f->due[i] = f->due[i] || strcmp(f->authority->keys[i].name, o->existing.key) == 0;
    return listed || item->act == PLAN_ACCEPT ? f->world->take(f->world->arg, f->header, item, d) : E_OK;
}

enum err effects_list(const struct effects *f, const struct issuer *issuer, bool delta, struct plan_item *item,
                      struct diag *d)
{
    const struct policy_key *row = issuer->row;
    item->act = PLAN_CRL;
    item->crl.next_update = f->header->created + (delta ? row->crl_delta_period : row->crl_period);
    snprintf(item->key, sizeof item->key, "%s", row->name);
    snprintf(item->clause, sizeof item->clause, "%s", row->crl_clause);
    return f->world->list(f->world->arg, f->header, issuer, delta, item, d);
}

const struct policy_key *effects_next_due(struct effects *f)
{
    while (f->at < f->authority->keys_n && f->at < EFFECTS_KEYS) {
        size_t i = f->at++;
        if (f->due[i] && f->authority->keys[i].crl_period > 0)
            return &f->authority->keys[i];
    }
    return NULL;
}
