#include "batch/recheck.h"

#include <string.h>

#include "batch/history.h"
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
    const struct replay_source source = {find, &own};
    if (memcmp(plan->header.policy, s->policy_digest, DIGEST_LEN) != 0)
        return diag_set(d, E_PLAN_POLICY, "this program was built with another policy");
    const struct decide_history history = history_of_index(s->index);
    enum err e = replay_plan(dir_fd, plan, s->policy, &history, &source, d);
    issuers_free(&own.issuers);
    return e;
}
