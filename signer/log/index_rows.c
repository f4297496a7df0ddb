/* index_rows.c - what is put into the index and asked of it. */
#include <string.h>

#include "log/position.h"
#include "log/query.h"

/* -- the policy -- */

enum err index_add_policy(struct index *x, const uint8_t policy[DIGEST_LEN], uint64_t seq, struct diag *d)
{
    struct query q;
    query_begin(&q, x, QUERY_ADD_POLICY);
    query_number(&q, (int64_t)seq);
    query_bytes(&q, policy, DIGEST_LEN);
    return query_change(&q, d);
}

enum err index_policy(struct index *x, uint64_t before, uint8_t out[DIGEST_LEN], uint64_t *seq, struct diag *d)
{
    struct query q;
    memset(out, 0, DIGEST_LEN);
    *seq = 0;
    query_begin(&q, x, QUERY_POLICY);
    query_number(&q, (int64_t)before);
    if (query_row(&q)) {
        query_get_exact(&q, 0, out, DIGEST_LEN);
        *seq = (uint64_t)query_get_number(&q, 1);
    }
    return query_end(&q, d);
}

/* -- keys -- */

enum err index_add_key(struct index *x, const char *name, struct span spki, struct diag *d)
{
    struct query q;
    uint8_t digest[DIGEST_LEN];
    enum err e = digest_bytes(DIGEST_SHA256, spki.p, spki.n, digest);
    if (e != E_OK)
        return diag_set(d, e, "%s", INDEX_FILE);
    query_begin(&q, x, QUERY_ADD_KEY);
    query_text(&q, name);
    query_bytes(&q, digest, sizeof digest);
    query_bytes(&q, spki.p, spki.n);
    return query_change(&q, d);
}

enum err index_set_anchor(struct index *x, const char *name, struct span certificate,
                          struct diag *d)
{
    struct query q;
    query_begin(&q, x, QUERY_SET_ANCHOR);
    query_text(&q, name);
    query_bytes(&q, certificate.p, certificate.n);
    return query_change(&q, d);
}

enum err index_destroy_key(struct index *x, const char *name, uint64_t seq, struct diag *d)
{
    struct query q;
    query_begin(&q, x, QUERY_DESTROY_KEY);
    query_text(&q, name);
    query_number(&q, (int64_t)seq);
    return query_run(&q, NULL, d);
}

enum err index_key(struct index *x, const char *name, struct index_key *out, bool *found,
                   struct diag *d)
{
    struct query q;
    *out = (struct index_key){0};
    *found = false;
    query_begin(&q, x, QUERY_KEY);
    query_text(&q, name);
    bool row = query_row(&q);
    if (row) {
        query_get_bytes(&q, 0, &out->spki);
        query_get_bytes(&q, 1, &out->certificate);
        out->destroyed = (uint64_t)query_get_number(&q, 2);
    }
    enum err e = query_end(&q, d);
    if (e == E_OK && row && strlen(name) >= sizeof out->name)
        e = query_error(x, SQLITE_CORRUPT, d);
    if (e != E_OK) {
        index_key_free(out);
        return e;
    }
    if (row)
        memcpy(out->name, name, strlen(name) + 1);
    *found = row;
    return E_OK;
}

enum err index_ended_after(struct index *x, uint64_t after, const char *but, char name[65], uint64_t *seq, bool *found,
                           struct diag *d)
{
    struct query q;
    *found = false;
    *seq = 0;
    name[0] = '\0';
    query_begin(&q, x, QUERY_ENDED_AFTER);
    query_number(&q, (int64_t)after);
    query_text(&q, but);
    bool row = query_row(&q);
    if (row) {
        query_get_text(&q, 0, name, 65);
        *seq = (uint64_t)query_get_number(&q, 1);
    }
    enum err e = query_end(&q, d);
    *found = e == E_OK && row;
    return e;
}

enum err index_is_own_key(struct index *x, const uint8_t spki[DIGEST_LEN], bool *own,
                          struct diag *d)
{
    struct query q;
    *own = false;
    query_begin(&q, x, QUERY_IS_OWN_KEY);
    query_bytes(&q, spki, DIGEST_LEN);
    bool row = query_row(&q);
    enum err e = query_end(&q, d);
    *own = e == E_OK && row;
    return e;
}

void index_key_free(struct index_key *k)
{
    buf_free(&k->spki);
    buf_free(&k->certificate);
    *k = (struct index_key){0};
}

/* -- tokens -- */

enum err index_add_token(struct index *x, const struct index_token *t, struct diag *d)
{
    struct query q;
    query_begin(&q, x, QUERY_ADD_TOKEN);
    query_number(&q, (int64_t)t->seq);
    query_text(&q, t->model);
    query_text(&q, t->serial);
    return query_change(&q, d);
}

enum err index_token(struct index *x, struct index_token *out, struct diag *d)
{
    struct query q;
    *out = (struct index_token){0};
    query_begin(&q, x, QUERY_TOKEN);
    if (query_row(&q)) {
        out->seq = (uint64_t)query_get_number(&q, 0);
        query_get_text(&q, 1, out->model, sizeof out->model);
        query_get_text(&q, 2, out->serial, sizeof out->serial);
    }
    enum err e = query_end(&q, d);
    if (e != E_OK)
        *out = (struct index_token){0};
    return e;
}

/* -- batches -- */

static enum err put_batch(struct index *x, enum query_id which, const struct index_batch *b,
                          struct diag *d)
{
    struct query q;
    struct buf before = {0};
    enum err e = position_save(&b->before, &before);
    if (e != E_OK) {
        buf_free(&before);
        return diag_set(d, e, "%s", INDEX_FILE);
    }
    query_begin(&q, x, which);
    query_bytes(&q, b->digest, DIGEST_LEN);
    query_text(&q, b->ra);
    query_text(&q, b->id);
    query_number(&q, b->sequence);
    query_bytes(&q, b->plan, DIGEST_LEN);
    query_number(&q, (int64_t)b->plan_seq);
    query_number(&q, (int64_t)b->answered);
    query_number(&q, (int64_t)b->seal_seq);
    query_bytes(&q, b->bundle, DIGEST_LEN);
    query_number(&q, (int64_t)b->bundle_seq);
    query_bytes(&q, b->intake, DIGEST_LEN);
    query_bytes(&q, before.data, before.len);
    query_number(&q, (int64_t)b->total);
    buf_free(&before);
    return query_change(&q, d);
}

enum err index_add_batch(struct index *x, const struct index_batch *b, struct diag *d)
{
    return put_batch(x, QUERY_ADD_BATCH, b, d);
}

enum err index_update_batch(struct index *x, const struct index_batch *b, struct diag *d)
{
    return put_batch(x, QUERY_UPDATE_BATCH, b, d);
}

/* Take the one row of a begun query, if there is one, and end it. */
static enum err get_batch(struct query *q, struct index_batch *out, bool *found, struct diag *d)
{
    struct buf before = {0};
    *out = (struct index_batch){0};
    *found = false;
    bool row = query_row(q);
    if (row) {
        query_get_exact(q, 0, out->digest, DIGEST_LEN);
        query_get_text(q, 1, out->ra, sizeof out->ra);
        query_get_text(q, 2, out->id, sizeof out->id);
        out->sequence = query_get_number(q, 3);
        query_get_exact(q, 4, out->plan, DIGEST_LEN);
        out->plan_seq = (uint64_t)query_get_number(q, 5);
        out->answered = (uint64_t)query_get_number(q, 6);
        out->seal_seq = (uint64_t)query_get_number(q, 7);
        query_get_exact(q, 8, out->bundle, DIGEST_LEN);
        out->bundle_seq = (uint64_t)query_get_number(q, 9);
        query_get_exact(q, 10, out->intake, DIGEST_LEN);
        query_get_bytes(q, 11, &before);
        out->total = (uint64_t)query_get_number(q, 12);
    }
    struct index *x = q->x;
    enum err e = query_end(q, d);
    if (e == E_OK && row)
        e = query_position(x, buf_span(&before), &out->before, d);
    buf_free(&before);
    if (e != E_OK)
        *out = (struct index_batch){0};
    *found = e == E_OK && row;
    return e;
}

enum err index_batch_by_digest(struct index *x, const uint8_t digest[DIGEST_LEN],
                               struct index_batch *out, bool *found, struct diag *d)
{
    struct query q;
    query_begin(&q, x, QUERY_BATCH_BY_DIGEST);
    query_bytes(&q, digest, DIGEST_LEN);
    return get_batch(&q, out, found, d);
}

enum err index_batch_by_id(struct index *x, const char *ra, const char *id, struct index_batch *out,
                           bool *found, struct diag *d)
{
    struct query q;
    query_begin(&q, x, QUERY_BATCH_BY_ID);
    query_text(&q, ra);
    query_text(&q, id);
    return get_batch(&q, out, found, d);
}

enum err index_batch_last(struct index *x, const char *ra, uint64_t before, struct index_batch *out,
                          bool *found, struct diag *d)
{
    struct query q;
    query_begin(&q, x, QUERY_BATCH_LAST);
    query_text(&q, ra);
    query_number(&q, (int64_t)before);
    return get_batch(&q, out, found, d);
}

enum err index_batch_next(struct index *x, uint64_t after, struct index_batch *out, bool *found,
                          struct diag *d)
{
    struct query q;
    query_begin(&q, x, QUERY_BATCH_NEXT);
    query_number(&q, (int64_t)after);
    return get_batch(&q, out, found, d);
}

enum err index_last_plan(struct index *x, uint64_t before, uint64_t *seq, struct diag *d)
{
    struct query q;
    *seq = 0;
    query_begin(&q, x, QUERY_LAST_PLAN);
    query_number(&q, (int64_t)before);
    int64_t last = query_row(&q) ? query_get_number(&q, 0) : 0;
    enum err e = query_end(&q, d);
    if (e == E_OK)
        *seq = (uint64_t)last;
    return e;
}

enum err index_count_answer(struct index *x, const uint8_t digest[DIGEST_LEN], struct diag *d)
{
    struct query q;
    query_begin(&q, x, QUERY_COUNT_ANSWER);
    query_bytes(&q, digest, DIGEST_LEN);
    return query_change(&q, d);
}

enum err index_seal_answered(struct index *x, uint64_t seq, struct diag *d)
{
    struct query q;
    query_begin(&q, x, QUERY_SEAL_ANSWERED);
    query_number(&q, (int64_t)seq);
    return query_run(&q, NULL, d);
}

enum err index_unfinished(struct index *x, const uint8_t but[DIGEST_LEN], uint64_t *line, struct diag *d)
{
    struct query q;
    query_begin(&q, x, QUERY_UNFINISHED);
    query_bytes(&q, but, DIGEST_LEN);
    query_text(&q, err_name(E_PLAN_STALE));
    int64_t seq = query_row(&q) ? query_get_number(&q, 0) : 0;
    enum err e = query_end(&q, d);
    *line = e == E_OK ? (uint64_t)seq : 0;
    return e;
}

/* -- lines already logged -- */

enum err index_add_seen(struct index *x, const uint8_t intake[DIGEST_LEN], const char *what,
                        uint64_t seq, struct diag *d)
{
    struct query q;
    query_begin(&q, x, QUERY_ADD_SEEN);
    query_bytes(&q, intake, DIGEST_LEN);
    query_text(&q, what);
    query_number(&q, (int64_t)seq);
    return query_run(&q, NULL, d);
}

enum err index_seen(struct index *x, const uint8_t intake[DIGEST_LEN], const char *what, bool *seen,
                    uint64_t *seq, struct diag *d)
{
    struct query q;
    *seen = false;
    *seq = 0;
    query_begin(&q, x, QUERY_SEEN);
    query_bytes(&q, intake, DIGEST_LEN);
    query_text(&q, what);
    bool row = query_row(&q);
    int64_t line = row ? query_get_number(&q, 0) : 0;
    enum err e = query_end(&q, d);
    if (e != E_OK)
        return e;
    *seen = row;
    *seq = (uint64_t)line;
    return E_OK;
}

enum err index_totals(struct index *x, uint64_t *issued, uint64_t *batches, struct diag *d)
{
    struct query q;
    int64_t totals[2] = {0, 0};
    *issued = 0;
    *batches = 0;
    query_begin(&q, x, QUERY_TOTALS);
    if (query_row(&q)) {
        totals[0] = query_get_number(&q, 0);
        totals[1] = query_get_number(&q, 1);
    }
    enum err e = query_end(&q, d);
    if (e != E_OK)
        return e;
    *issued = (uint64_t)totals[0];
    *batches = (uint64_t)totals[1];
    return E_OK;
}
