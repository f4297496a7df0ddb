#include "batch/recheck.h"

#include <string.h>

#include "batch/announce.h"
#include "batch/lists.h"
#include "batch/replay.h"

struct own_issuers {
    struct state *state;
    struct issuers issuers;
};

static enum err find(void *arg, const char *key, const struct issuer **out, struct diag *d)
{
    struct own_issuers *own = arg;
    struct issuer *found = NULL;
    enum err e = issuers_find(&own->issuers, own->state, key, &found, d);
    *out = found;
    return e;
}

enum err recheck_plan(struct state *s, int dir_fd, struct plan *plan, struct diag *d)
{
    struct own_issuers own = {.state = s};
    struct lists lists;
    const struct replay_source source = {find, &own, &lists.world};
    if (memcmp(plan->header.policy, s->policy_digest, DIGEST_LEN) != 0)
        return diag_set(d, E_PLAN_POLICY, "this program was built with another policy");
    const struct decide_history history = announce_history(s->index);
    enum err e = lists_begin(&lists, s->index, log_position(s->log)->size + 1, d);
    if (e == E_OK)
        e = replay_plan(dir_fd, plan, s->policy, &history, &source, d);
    lists_end(&lists);
    issuers_free(&own.issuers);
    return e;
}

enum err recheck_lists(struct state *s, struct plan *plan, struct diag *d)
{
    struct own_issuers own = {.state = s};
    struct lists lists;
    uint64_t line = 0;
    if (plan->counts.status + plan->counts.lists == 0)
        return E_OK;
    enum err e = index_unfinished(s->index, plan->header.batch, &line, d);
    if (e == E_OK && line > 0)
        return diag_set(d, E_UNFINISHED, "its intent is log line %llu", (unsigned long long)line);
    if (e == E_OK)
        e = lists_begin(&lists, s->index, log_position(s->log)->size + 1, d);
    if (e != E_OK)
        return e;
    e = lists_check(&lists, plan, find, &own, d);
    lists_end(&lists);
    issuers_free(&own.issuers);
    return e;
}
