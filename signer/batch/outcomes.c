#include "batch/outcomes.h"

#include <stdlib.h>
#include <string.h>

#include "batch/own_key.h"
#include "core/base64.h"
#include "hsm/pool.h"
#include "pki/cert.h"

#define RING 256      /* requests read ahead of the oldest one not yet logged */
#define SYNC_EVERY 256 /* outcome lines to one fsync */

struct run {
    struct state *s;
    struct hsm_pool *pool;
    struct plan *plan;
    struct issuers *issuers;
    char batch[DIGEST_HEX];
    struct plan_item ring[RING];
    uint64_t read, logged; /* items that went into the ring, and out of it */
    uint64_t unsynced;
    const struct outcomes_follower *follower;
    bool more;
};

static enum err submit(struct run *r, const struct plan_item *item, struct diag *d)
{
    struct issuer *key;
    enum err e = issuers_find(r->issuers, r->s, item->key, &key, d);
    return e != E_OK ? e : hsm_pool_submit(r->pool, key->token, buf_span(&item->tbs), d);
}

/* Read ahead as long as there is room for what comes. */
static enum err fill(struct run *r, uint64_t answered, struct diag *d)
{
    enum err e = E_OK;
    while (e == E_OK && r->more && r->read - r->logged < RING && hsm_pool_has_room(r->pool)) {
        struct plan_item *item = &r->ring[r->read % RING];
        e = plan_next(r->plan, item, &r->more, d);
        if (e != E_OK || !r->more || (uint64_t)item->n <= answered)
            continue;
        if (item->issue)
            e = submit(r, item, d);
        r->read += e == E_OK;
    }
    return e;
}

static enum err log_refused(struct run *r, const struct plan_item *item, struct diag *d)
{
    char intake[DIGEST_HEX];
    hex_encode(r->plan->header.intake, DIGEST_LEN, intake);
    return log_append(r->s->log, RECORD_REFUSED,
                      json_pack("{s:s,s:s,s:I,s:s,s:s}", "batch", r->batch, "intake", intake, "n",
                                (json_int_t)item->n, "code", err_name(item->code), "clause", item->clause),
                      d);
}

static enum err log_issued(struct run *r, const struct plan_item *item, struct diag *d)
{
    struct buf signature = {0}, cert = {0};
    struct issuer *key;
    uint8_t digest[DIGEST_LEN];
    char serial[2 * PLAN_SERIAL + 1], hex[DIGEST_HEX];
    char *text = NULL;
    enum err e = hsm_pool_take(r->pool, &signature, d);
    if (e == E_OK)
        e = issuers_find(r->issuers, r->s, item->key, &key, d);
    if (e == E_OK)
        e = cert_assemble(buf_span(&item->tbs), key->row->alg, key->row->sm2_null, buf_span(&signature), &cert);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, cert.data, cert.len, digest);
    if (e == E_OK) {
        text = base64_string(signature.data, signature.len);
        hex_encode(item->serial, PLAN_SERIAL, serial);
        hex_encode(digest, DIGEST_LEN, hex);
        e = text == NULL ? E_NO_MEMORY
                         : log_append(r->s->log, RECORD_ISSUED,
                                      json_pack("{s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:s}", "batch", r->batch, "n",
                                                (json_int_t)item->n, "authority", r->plan->header.authority,
                                                "profile", item->profile, "key", item->key, "serial", serial,
                                                "certificate", hex, "signature", text),
                                      d);
    }
    free(text);
    buf_free(&signature);
    buf_free(&cert);
    return e;
}

static enum err sync_group(struct run *r, struct diag *d)
{
    r->unsynced = 0;
    enum err e = log_sync(r->s->log, d);
    return e != E_OK ? e : r->follower->synced(r->follower->arg, d);
}

static enum err log_oldest(struct run *r, struct diag *d)
{
    struct plan_item *item = &r->ring[r->logged % RING];
    enum err e = item->issue ? log_issued(r, item, d) : log_refused(r, item, d);
    if (e != E_OK)
        return e;
    r->logged++;
    return ++r->unsynced >= SYNC_EVERY ? sync_group(r, d) : E_OK;
}

/* All keys before the first worker starts: nothing is looked up on the token while it signs. */
static enum err open_keys(struct state *s, struct hsm *h, struct issuers *issuers, struct diag *d)
{
    enum err e = E_OK;
    for (size_t i = 0; i < issuers->n && e == E_OK; i++)
        e = own_key_open(s, h, issuers->v[i].row->name, &issuers->v[i].token, d);
    return e;
}

enum err outcomes_run(struct state *s, struct hsm *h, int sessions, struct plan *plan, struct issuers *issuers,
                      uint64_t answered, const struct outcomes_follower *follower, const struct progress *progress,
                      uint64_t *signatures, struct diag *d)
{
    uint64_t total = (uint64_t)(plan->issue + plan->refuse);
    *signatures = 0;
    struct run *r = calloc(1, sizeof *r);
    if (r == NULL)
        return diag_set(d, E_NO_MEMORY, "signing");
    r->s = s;
    r->plan = plan;
    r->issuers = issuers;
    r->follower = follower;
    r->more = true;
    hex_encode(plan->header.batch, DIGEST_LEN, r->batch);
    enum err e = open_keys(s, h, issuers, d);
    if (e == E_OK)
        e = hsm_pool_open(h, sessions, &r->pool, d);
    while (e == E_OK) {
        e = fill(r, answered, d);
        if (e != E_OK || r->logged == r->read)
            break;
        e = log_oldest(r, d);
        if (progress != NULL)
            progress->step(progress->arg, answered + r->logged, total);
    }
    /* what is appended is true whatever stopped the run; the first error is the one to tell */
    enum err synced = log_sync(s->log, e == E_OK ? d : NULL);
    if (r->pool != NULL)
        *signatures = hsm_pool_count(r->pool);
    hsm_pool_close(r->pool);
    for (size_t i = 0; i < RING; i++)
        plan_item_free(&r->ring[i]);
    free(r);
    return e != E_OK ? e : synced;
}
