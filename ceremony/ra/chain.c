#include "ra/chain.h"

#include <inttypes.h>
#include <string.h>


#define FILE_NAME "log.jsonl"

struct walk {
    const struct manifest *m;
    const struct seal *seal;
    uint64_t next;            /* number that the next line must have */
    int64_t time;             /* of the line before */
    uint8_t head[DIGEST_LEN]; /* of the line before; not set before the first */
};

static enum err broken(const struct walk *w, const char *what, struct diag *d)
{
    return diag_set(d, E_LOG_CHAIN, "%s, log line %" PRIu64 ": %s", FILE_NAME, w->next, what);
}

static bool same_digest(const struct record *r, const char *key, const uint8_t want[DIGEST_LEN])
{
    uint8_t have[DIGEST_LEN];
    return record_digest(r, key, have) == E_OK && memcmp(have, want, DIGEST_LEN) == 0;
}

static bool same_text(const struct record *r, const char *key, const char *want)
{
    return strcmp(record_text(r, key), want) == 0;
}

static enum err check_intent(const struct walk *w, const struct record *r, struct diag *d)
{
    const struct manifest *m = w->m;
    if (r->type != RECORD_PLAN)
        return diag_set(d, E_BUNDLE_ANSWER, "%s does not begin with the intent of a batch", FILE_NAME);
    if (!same_digest(r, "batch", m->batch) || !same_digest(r, "plan", m->plan) ||
        !same_digest(r, "policy", m->policy) || !same_text(r, "authority", m->authority) ||
        !same_text(r, "ra", m->ra) || record_number(r, "sequence") != m->sequence ||
        record_number(r, "issue") != m->issued || record_number(r, "refuse") != m->refused ||
        record_number(r, "status") != m->status || record_number(r, "lists") != m->lists)
        return diag_set(d, E_BUNDLE_ANSWER,
                        "%s begins with another intent than bundle.json tells of", FILE_NAME);
    return E_OK;
}

static enum err check_seal(const struct walk *w, const struct record *r, struct diag *d)
{
    if (r->type != RECORD_SEAL)
        return broken(w, "it is the last one, and no seal", d);
    if (w->seal->size != w->next - 1 || memcmp(w->seal->head, r->prev, DIGEST_LEN) != 0)
        return broken(w, "seal.json is over other lines than those before it", d);
    json_t *fields = seal_fields(w->seal);
    if (fields == NULL)
        return diag_set(d, E_NO_MEMORY, FILE_NAME);
    const char *key;
    json_t *value;
    bool same = true;
    json_object_foreach(fields, key, value) same =
        same && json_equal(json_object_get(r->obj, key), value);
    json_decref(fields);
    return same ? E_OK : broken(w, "it is another seal than seal.json", d);
}

static enum err check_record(struct walk *w, const struct record *r, struct diag *d)
{
    bool first = w->next == (uint64_t)w->m->log_first;
    if (r->seq != w->next)
        return broken(w, "it has another number", d);
    if (!first && memcmp(r->prev, w->head, DIGEST_LEN) != 0)
        return broken(w, "prev is not the digest of the line before", d);
    if (!first && r->time < w->time)
        return broken(w, "its time is before that of the line before", d);
    enum err e = first ? check_intent(w, r, d) : E_OK;
    if (e == E_OK && r->seq == (uint64_t)w->m->log_last)
        e = check_seal(w, r, d);
    return e;
}

static enum err take_line(struct walk *w, struct span line, struct diag *d)
{
    struct record r;
    struct diag why = {0};
    enum err e = record_parse(line, &r, &why);
    if (e != E_OK)
        return diag_wrap(d, e, &why, "%s, log line %" PRIu64 "", FILE_NAME, w->next);
    e = check_record(w, &r, d);
    w->time = r.time;
    record_free(&r);
    if (e == E_OK && (e = digest_bytes(w->seal->hash, line.p, line.n, w->head)) != E_OK)
        diag_set(d, e, FILE_NAME);
    w->next++;
    return e;
}

enum err chain_check(struct lines log, const struct manifest *m, const struct seal *seal,
                     struct diag *d)
{
    struct walk w = {.m = m, .seal = seal, .next = (uint64_t)m->log_first};
    struct span line;
    bool whole = true;
    enum err e = E_OK;
    while (e == E_OK && lines_next(&log, &line, &whole)) {
        if (w.next > (uint64_t)m->log_last)
            e = broken(&w, "lines follow the seal", d);
        else if (!whole)
            e = broken(&w, "it is torn", d);
        else
            e = take_line(&w, line, d);
    }
    if (e == E_OK && w.next != (uint64_t)m->log_last + 1)
        e = broken(&w, "it is missing", d);
    return e;
}
