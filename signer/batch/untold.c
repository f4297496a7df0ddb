#include "batch/untold.h"

#include <string.h>
#include <unistd.h>

#include "batch/bundle.h"
#include "batch/standing.h"
#include "batch/witness.h"
#include "core/clock.h"

enum err untold_check_policy(struct state *s, struct diag *d)
{
    uint8_t named[DIGEST_LEN];
    uint64_t line;
    enum err e = index_policy(s->index, INDEX_NOW, named, &line, d);
    if (e == E_OK && line > s->told)
        e = diag_set(d, E_STATE_POLICY, "the token was not told of the change in log line %llu: run ceremony policy again",
                     (unsigned long long)line);
    return e;
}

enum err untold_check_ends(struct state *s, const char *ending, struct diag *d)
{
    char name[65];
    uint64_t line;
    bool found;
    enum err e = index_ended_after(s->index, s->told, ending != NULL ? ending : "", name, &line, &found, d);
    if (e == E_OK && found)
        e = diag_set(d, E_KEY_DESTROYED, "the token was not told of the end of %s in log line %llu: run ceremony destroy again",
                     name, (unsigned long long)line);
    return e;
}

static enum err check_now(struct state *s, const struct plan_header *h, const struct index_batch *row, struct diag *d)
{
    uint8_t named[DIGEST_LEN];
    uint64_t policy_line, last_plan;
    enum err e = standing_check_plan(s, h, row->plan_seq, clock_now(), d);
    if (e == E_OK)
        e = index_policy(s->index, INDEX_NOW, named, &policy_line, d);
    if (e == E_OK && policy_line > row->plan_seq)
        e = diag_set(d, E_PLAN_POLICY, "log line %llu put the state under another", (unsigned long long)policy_line);
    if (e == E_OK)
        e = index_last_plan(s->index, INDEX_NOW, &last_plan, d);
    if (e == E_OK && last_plan != row->plan_seq)
        e = diag_set(d, E_PLAN_STALE, "another was planned in log line %llu", (unsigned long long)last_plan);
    return e;
}

enum err untold_check_intent(struct state *s, const struct plan_header *h, const struct index_batch *row, struct diag *d)
{
    struct diag why = {0};
    enum err e = check_now(s, h, row, &why);
    return e == E_OK ? E_OK
                     : diag_wrap_clause(d, e, why.clause, &why, "the token was never told of its intent in log line %llu",
                                       (unsigned long long)row->plan_seq);
}

static enum err give_up(struct state *s, const struct index_batch *row, struct diag *d)
{
    char batch[DIGEST_HEX], intake[DIGEST_HEX];
    bool seen = false;
    uint64_t line;
    enum err e = index_seen(s->index, row->intake, err_name(E_PLAN_STALE), &seen, &line, d);
    if (e != E_OK || seen)
        return e;
    hex_encode(row->digest, DIGEST_LEN, batch);
    hex_encode(row->intake, DIGEST_LEN, intake);
    return log_append(s->log, RECORD_REFUSED,
                      json_pack("{s:s,s:s,s:I,s:s,s:s}", "batch", batch, "intake", intake, "n", (json_int_t)0, "code",
                                err_name(E_PLAN_STALE), "clause", err_clause(E_PLAN_STALE)),
                      d);
}

static enum err settle_one(struct state *s, const struct index_batch *row, struct diag *d)
{
    struct plan plan = {0};
    struct diag why = {0};
    int fd = -1;
    enum err e = state_open_batch(s, row->intake, &fd, d);
    if (e == E_OK)
        e = plan_open_known(fd, row->plan, &plan, d);
    if (e == E_OK) {
        e = untold_check_intent(s, &plan.header, row, &why);
        if (err_is_refusal(e) || e == E_CLOCK_BEHIND) /* no clock will make it good */
            e = give_up(s, row, d);
        else if (e != E_OK)
            e = diag_again(d, e, &why);
    }
    plan_close(&plan);
    if (fd >= 0)
        close(fd);
    return e;
}

/* Each answer is what the plan says, and what was signed verifies. What another policy made cannot be made again here. */
static enum err check_answers(struct state *s, const struct index_batch *row, struct diag *d)
{
    struct plan plan = {0};
    struct bundle *bundle = NULL;
    int fd = -1;
    enum err e = state_open_batch(s, row->intake, &fd, d);
    if (e == E_OK)
        e = plan_open_known(fd, row->plan, &plan, d);
    if (e == E_OK && memcmp(plan.header.policy, s->policy_digest, DIGEST_LEN) == 0) {
        e = bundle_begin(s, fd, &plan, row, &bundle, d);
        if (e == E_OK)
            e = bundle_follow(bundle, d);
    }
    bundle_close(bundle);
    plan_close(&plan);
    if (fd >= 0)
        close(fd);
    return e;
}

/* Only an intent that the token was not told of is ever given up, and then nothing was answered. */
static enum err check_row(struct state *s, const struct index_batch *row, struct diag *d)
{
    bool given_up = false;
    uint64_t line = 0;
    enum err e = index_seen(s->index, row->intake, err_name(E_PLAN_STALE), &given_up, &line, d);
    if (e != E_OK)
        return e;
    if (given_up && line > s->told && (row->plan_seq <= s->told || row->answered > 0))
        return diag_set(d, E_LOG_ORDER, "log line %llu gives up a batch under way", (unsigned long long)line);
    return !given_up && row->answered > 0 ? check_answers(s, row, d) : E_OK;
}

static enum err check_rows(struct state *s, struct diag *d)
{
    struct index_batch row = {0};
    bool more = true;
    enum err e = E_OK;
    while (e == E_OK) {
        e = index_batch_next(s->index, row.plan_seq, &row, &more, d);
        if (e != E_OK || !more)
            break;
        if (row.seal_seq == 0 || row.seal_seq > s->told)
            e = check_row(s, &row, d);
    }
    return e;
}

enum err untold_settle(struct state *s, struct hsm *h, const uint8_t own[DIGEST_LEN], struct diag *d)
{
    struct index_batch row = {.plan_seq = s->told};
    bool any = false, more = true;
    enum err e = check_rows(s, d);
    if (e == E_OK)
        e = untold_take_back_steps(s, d);
    while (e == E_OK) {
        e = index_batch_next(s->index, row.plan_seq, &row, &more, d);
        if (e != E_OK || !more)
            break;
        if (own != NULL && memcmp(row.digest, own, DIGEST_LEN) == 0)
            continue;
        any = true;
        e = settle_one(s, &row, d);
    }
    if (e == E_OK && any)
        e = witness_write(s, h, d);
    return e == E_OK && any ? state_refresh(s, d) : e;
}
