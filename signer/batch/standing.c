#include "batch/standing.h"

#include <string.h>

#include "core/clock.h"

static enum err check_policy(struct state *s, const struct plan_header *h, uint64_t before, struct diag *d)
{
    uint8_t named[DIGEST_LEN];
    uint64_t line;
    enum err e = index_policy(s->index, before, named, &line, d);
    if (e == E_OK && memcmp(h->policy, named, DIGEST_LEN) != 0)
        e = diag_set(d, E_PLAN_POLICY, "log line %llu names another policy", (unsigned long long)line);
    if (e == E_OK && line > h->log_size)
        e = diag_set(d, E_PLAN_POLICY, "it was made before log line %llu put the state under its policy again",
                     (unsigned long long)line);
    return e;
}

static enum err check_time(const struct state *s, const struct plan_header *h, int64_t time, struct diag *d)
{
    char expires[CLOCK_TEXT];
    clock_format(h->expires, expires);
    if (time < h->created)
        return diag_set(d, E_CLOCK_BEHIND, "the plan was made later than it is now");
    /* how long a plan lives is the policy's word, not the plan's */
    if (memcmp(h->policy, s->policy_digest, DIGEST_LEN) == 0 &&
        h->expires != h->created + s->policy->limits.plan_lifetime)
        return diag_set(d, E_PLAN_FORMAT, "its lifetime is not the policy's");
    if (time > h->expires)
        return diag_set_clause(d, E_PLAN_EXPIRED, s->policy->limits.clause, "it was good until %s", expires);
    return E_OK;
}

static enum err check_base(struct state *s, const struct plan_header *h, uint64_t before, struct diag *d)
{
    const struct log_position *now = log_position(s->log);
    struct log_position base = {.size = h->log_size, .bytes = h->log_bytes, .hash = now->hash};
    uint64_t last_plan = 0;
    bool holds = false;
    enum err e = index_last_plan(s->index, before, &last_plan, d);
    memcpy(base.head, h->log_head, DIGEST_LEN);
    if (e == E_OK && base.size < before && base.size <= now->size)
        e = log_position_holds(s->fd, &base, &holds, d);
    if (e == E_OK && (!holds || last_plan > h->log_size))
        e = diag_set(d, E_PLAN_STALE, "it was made when the log had %llu lines", (unsigned long long)h->log_size);
    return e;
}

enum err standing_check_plan(struct state *s, const struct plan_header *h, uint64_t before, int64_t time, struct diag *d)
{
    enum err e = check_policy(s, h, before, d);
    if (e == E_OK)
        e = check_time(s, h, time, d);
    return e != E_OK ? e : check_base(s, h, before, d);
}

enum err standing_check_order(struct state *s, const struct batch_header *h, uint64_t before, struct diag *d)
{
    struct index_batch same = {0}, last = {0};
    bool found = false, any = false;
    enum err e = index_batch_by_id(s->index, h->ra, h->id, &same, &found, d);
    if (e == E_OK && found && same.plan_seq < before)
        e = diag_set(d, E_BATCH_REPLAYED, "%s of %s", h->id, h->ra);
    if (e == E_OK)
        e = index_batch_last(s->index, h->ra, before, &last, &any, d);
    int64_t next = e == E_OK && any ? last.sequence + 1 : 1;
    if (e == E_OK && h->sequence != next)
        e = diag_set(d, E_SEQUENCE, "it is %lld, the next of %s is %lld", (long long)h->sequence, h->ra,
                     (long long)next);
    if (e == E_OK && h->has_previous &&
        (!any || last.bundle_seq == 0 || last.bundle_seq >= before ||
         memcmp(last.bundle, h->previous, DIGEST_LEN) != 0))
        e = diag_set(d, E_PREVIOUS, "batch %s of %s", h->id, h->ra);
    return e;
}

/* When the line itself says that it was written. */
static enum err line_time(struct state *s, const struct index_batch *row, int64_t *time, struct diag *d)
{
    struct log_reader *reader = NULL;
    struct record r = {0};
    struct span line;
    bool more = false;
    enum err e = log_reader_open(s->fd, LOG_FILE, &row->before, &reader, d);
    if (e == E_OK)
        e = log_reader_next(reader, &line, &r, &more, d);
    if (e == E_OK && !more)
        e = diag_set(d, E_LOG_CHAIN, "log line %llu is gone", (unsigned long long)row->plan_seq);
    *time = r.time;
    record_free(&r);
    log_reader_close(reader);
    return e;
}

enum err standing_check_intent(struct state *s, const struct plan_header *h, const struct index_batch *row,
                               struct diag *d)
{
    int64_t time = 0;
    uint64_t line = 0;
    bool given_up = false;
    enum err e = index_seen(s->index, row->intake, err_name(E_PLAN_STALE), &given_up, &line, d);
    if (e == E_OK && given_up)
        e = diag_set(d, E_PLAN_STALE, "log line %llu gave it up: the RA sends the batch anew, with another id",
                     (unsigned long long)line);
    if (e == E_OK)
        e = line_time(s, row, &time, d);
    return e != E_OK ? e : standing_check_plan(s, h, row->plan_seq, time, d);
}
