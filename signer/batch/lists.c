#include "batch/lists.h"

#include <openssl/x509v3.h>
#include <string.h>

#include "batch/announce.h"
#include "batch/responses.h"

/* The entries of one list, as the index has them. */
struct entries {
    struct index *x;
    const char *key;
    int64_t alive;
    uint64_t since;
    struct index_entries *walk;
};

static enum err rewind_entries(void *arg, struct diag *d)
{
    struct entries *l = arg;
    enum err e = index_entries_close(l->walk, d);
    l->walk = NULL;
    return e == E_OK ? index_entries_open(l->x, l->key, l->alive, l->since, &l->walk, d) : e;
}

static enum err next_entry(void *arg, struct crl_entry *out, bool *more, struct diag *d)
{
    struct entries *l = arg;
    struct index_entry entry;
    *out = (struct crl_entry){0};
    enum err e = index_entries_next(l->walk, &entry, more, d);
    if (e == E_OK && !*more) {
        e = index_entries_close(l->walk, d);
        l->walk = NULL;
    }
    if (e != E_OK || !*more)
        return e;
    memcpy(out->serial, entry.serial, entry.serial_n);
    out->serial_n = entry.serial_n;
    out->revoked = entry.changed;
    out->reason = entry.status == INDEX_GOOD ? CRL_REMOVE : entry.reason;
    return E_OK;
}

static struct span key_identifier(const struct issuer *i)
{
    const ASN1_OCTET_STRING *s = X509_get0_subject_key_id(i->cert);
    return (struct span){ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)};
}

struct crl_head lists_head(const struct plan_header *h, const struct issuer *issuer, const struct plan_crl *c)
{
    const struct policy_key *row = issuer->row;
    return (struct crl_head){
        .issuer = buf_span(&issuer->subject),
        .aki = key_identifier(issuer),
        .alg = row->alg,
        .sm2_null = row->sm2_null,
        .this_update = h->created,
        .next_update = c->next_update,
        .number = (uint64_t)c->number,
        .base = (uint64_t)c->base,
        .idp_url = row->crl_url,
    };
}

/* An entry stays until it was on one full list after the certificate's end, and a delta follows a full list: one before this
 * list, which may be issued itself when it is written again, and of another batch, since those of its own are issued when it
 * is signed and were not when it was planned. */
static enum err write_list(struct index *x, const struct plan_header *h, const struct issuer *issuer,
                           const struct plan_crl *c, int fd, struct prehash *sign, struct crl_written *out, struct diag *d)
{
    const struct policy_key *row = issuer->row;
    struct index_crl full;
    bool found = false;
    enum err e = index_crl_last_full(x, row->name, c->number, h->batch, &full, &found, d);
    if (e != E_OK)
        return e;
    struct entries entries = {.x = x, .key = row->name, .alive = found ? full.this_update : 0,
                              .since = c->base > 0 ? full.plan_seq : 0};
    const struct crl_source source = {&entries, rewind_entries, next_entry};
    const struct crl_head head = lists_head(h, issuer, c);
    e = crl_write_tbs(&head, &source, fd, sign, out, d);
    enum err closed = index_entries_close(entries.walk, e == E_OK ? d : NULL);
    return e != E_OK ? e : closed;
}

enum err lists_write_tbs(struct index *x, const struct plan_header *h, const struct issuer *issuer,
                         const struct plan_item *item, int fd, struct prehash *sign, struct diag *d)
{
    struct crl_written w;
    enum err e = write_list(x, h, issuer, &item->crl, fd, sign, &w, d);
    if (e == E_OK && (memcmp(w.sha256, item->crl.tbs, DIGEST_LEN) != 0 || (int64_t)w.bytes != item->crl.bytes ||
                      (int64_t)w.entries != item->crl.entries))
        e = diag_set(d, E_PLAN_STALE, "list %lld of %s would say something else now", (long long)item->crl.number,
                     item->key);
    return e;
}

/* -- the world of a plan -- */

static enum err take(void *arg, const struct plan_header *h, const struct plan_item *item, struct diag *d)
{
    const struct lists *l = arg;
    struct index_change change;
    if (!announce_change(h, item, &change))
        return E_OK;
    enum err e = index_add_change(l->index, &change, d);
    return e == E_OK ? index_apply_change(l->index, change.batch, change.n, l->line, d) : e;
}

static enum err list(void *arg, const struct plan_header *h, const struct issuer *issuer, bool delta,
                     struct plan_item *item, struct diag *d)
{
    const struct lists *l = arg;
    struct index_crl full;
    struct crl_written w;
    int64_t last = 0;
    bool found = false;
    enum err e = index_crl_last_full(l->index, issuer->row->name, INT64_MAX, h->batch, &full, &found, d);
    if (e == E_OK && delta && !found)
        return diag_set_clause(d, E_LIST_KEY, issuer->row->crl_clause, "%s has no full list yet", issuer->row->name);
    if (e == E_OK)
        e = index_crl_number(l->index, issuer->row->name, &last, d);
    item->crl.number = last + 1;
    item->crl.base = delta ? full.number : 0;
    if (e == E_OK)
        e = write_list(l->index, h, issuer, &item->crl, -1, NULL, &w, d);
    if (e != E_OK)
        return e;
    item->crl.entries = (int64_t)w.entries;
    item->crl.bytes = (int64_t)w.bytes;
    memcpy(item->crl.tbs, w.sha256, DIGEST_LEN);
    return announce_item(l->index, h, item, l->line, d); /* its number is taken */
}

static enum err responses(void *arg, const struct plan_header *h, const struct issuer *issuer, const struct issuer *responder,
                          struct plan_item *item, struct diag *d)
{
    const struct lists *l = arg;
    const struct responses_source source = {l->index, l->line, h, *issuer, *responder};
    return responses_plan(&source, item, d);
}

enum err lists_begin(struct lists *l, struct index *index, uint64_t line, struct diag *d)
{
    *l = (struct lists){.index = index, .line = line, .world = {l, take, list, responses}};
    return index_begin(index, d);
}

void lists_end(struct lists *l)
{
    index_rollback(l->index);
}

static enum err check_responses(struct lists *l, const struct plan_header *h, const struct plan_item *item,
                                enum err (*issuer)(void *arg, const char *key, const struct issuer **out, struct diag *d),
                                void *arg, struct diag *d)
{
    struct responses_source source = {.index = l->index, .line = l->line, .header = h};
    const struct issuer *found = NULL;
    enum err e = issuer(arg, item->key, &found, d);
    if (e != E_OK)
        return e;
    source.issuer = *found;
    e = issuer(arg, item->ocsp.responder, &found, d);
    if (e != E_OK)
        return e;
    source.responder = *found;
    return responses_check(&source, item, d);
}

static enum err check_list(struct lists *l, const struct plan_header *h, const struct plan_item *item,
                           enum err (*issuer)(void *arg, const char *key, const struct issuer **out, struct diag *d),
                           void *arg, struct diag *d)
{
    const struct issuer *by = NULL;
    enum err e = issuer(arg, item->key, &by, d);
    if (e == E_OK)
        e = lists_write_tbs(l->index, h, by, item, -1, NULL, d);
    return e == E_OK ? announce_item(l->index, h, item, l->line, d) : e;
}

enum err lists_check(struct lists *l, struct plan *plan,
                     enum err (*issuer)(void *arg, const char *key, const struct issuer **out, struct diag *d), void *arg,
                     struct diag *d)
{
    struct plan_item item = {0};
    bool more = true;
    enum err e = plan_rewind(plan, d);
    while (e == E_OK) {
        e = plan_next(plan, &item, &more, d);
        if (e != E_OK || !more)
            break;
        e = item.act == PLAN_CRL    ? check_list(l, &plan->header, &item, issuer, arg, d)
            : item.act == PLAN_OCSP ? check_responses(l, &plan->header, &item, issuer, arg, d)
                                    : take(l, &plan->header, &item, d);
    }
    plan_item_free(&item);
    return e == E_OK ? plan_rewind(plan, d) : e;
}

void lists_name(const char *key, int64_t number, char out[LISTS_NAME])
{
    snprintf(out, LISTS_NAME, "%s-%lld.crl", key, (long long)number);
}
