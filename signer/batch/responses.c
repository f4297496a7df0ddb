#include "batch/responses.h"

#include <inttypes.h>
#include <string.h>

#include "pki/ocsp_check.h"

void responses_name(const char *key, int64_t n, char out[RESPONSES_NAME])
{
    snprintf(out, RESPONSES_NAME, "%s-%" PRId64 OCSP_FILE_ENDING, key, n);
}

enum err responses_open(const struct responses_source *s, const struct plan_item *item, struct responses_walk *out,
                        struct diag *d)
{
    const struct plan_header *h = s->header;
    *out = (struct responses_walk){.source = s};
    struct ocsp_status *status = &out->status;
    enum err e = ocsp_id_of(s->issuer.cert, &status->id);
    if (e == E_OK)
        e = ocsp_responder_of(s->responder.cert, status->responder);
    if (e != E_OK)
        return diag_set(d, e, "OCSP responses");
    status->produced_at = status->this_update = h->created;
    status->next_update = item->ocsp.next_update;
    return index_entries_all(s->index, h->authority, item->key, h->created, s->line, &out->entries, d);
}

/* On hold is revoked, with a reason of its own. */
static void take_entry(struct ocsp_status *s, const struct index_entry *entry)
{
    memcpy(s->id.serial, entry->serial, entry->serial_n);
    s->id.serial_n = entry->serial_n;
    s->revoked = entry->status != INDEX_GOOD;
    s->revoked_at = s->revoked ? entry->changed : 0;
    s->reason = s->revoked ? entry->reason : 0;
}

enum err responses_next(struct responses_walk *w, struct buf *tbs, bool *more, struct diag *d)
{
    const struct responses_source *s = w->source;
    struct index_entry entry;
    buf_reset(tbs);
    enum err e = index_entries_next(w->entries, &entry, more, d);
    if (e != E_OK || !*more)
        return e;
    take_entry(&w->status, &entry);
    e = ocsp_write_tbs(&w->status, tbs, d);
    return e == E_OK ? ocsp_lint(buf_span(tbs), &w->status, s->issuer.cert, s->responder.cert, d) : e;
}

enum err responses_close(struct responses_walk *w, struct diag *d)
{
    enum err e = index_entries_close(w->entries, d);
    w->entries = NULL;
    return e;
}

static enum err sum_up(struct responses_walk *w, struct digest *digest, int64_t *count, struct diag *d)
{
    struct buf tbs = {0};
    bool more = true;
    enum err e = E_OK;
    *count = 0;
    while (e == E_OK) {
        e = responses_next(w, &tbs, &more, d);
        if (e != E_OK || !more)
            break;
        ++*count;
        if ((e = digest_update(digest, tbs.data, tbs.len)) != E_OK)
            diag_set(d, e, "OCSP responses");
    }
    buf_free(&tbs);
    return e;
}

enum err responses_plan(const struct responses_source *s, struct plan_item *item, struct diag *d)
{
    struct responses_walk walk = {0};
    struct digest *digest = NULL;
    enum err e = digest_new(DIGEST_SHA256, &digest);
    if (e != E_OK)
        return diag_set(d, e, "OCSP responses");
    e = responses_open(s, item, &walk, d);
    if (e == E_OK)
        e = sum_up(&walk, digest, &item->ocsp.count, d);
    enum err closed = responses_close(&walk, e == E_OK ? d : NULL);
    e = e != E_OK ? e : closed;
    if (e == E_OK && (e = digest_final(digest, item->ocsp.tbs)) != E_OK)
        diag_set(d, e, "OCSP responses");
    digest_free(digest);
    return e;
}

enum err responses_check(const struct responses_source *s, const struct plan_item *item, struct diag *d)
{
    struct plan_item again = {.ocsp = {.next_update = item->ocsp.next_update}};
    snprintf(again.key, sizeof again.key, "%s", item->key);
    enum err e = responses_plan(s, &again, d);
    if (e == E_OK && (again.ocsp.count != item->ocsp.count || memcmp(again.ocsp.tbs, item->ocsp.tbs, DIGEST_LEN) != 0))
        e = diag_set(d, E_PLAN_STALE, "the responses about certificates of %s would say something else now", item->key);
    return e;
}
