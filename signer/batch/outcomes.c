#include "batch/outcomes.h"

#include <stdlib.h>
#include <string.h>

#include "batch/certify_eseal.h"
#include "batch/lateness.h"
#include "batch/lists.h"
#include "batch/own_key.h"
#include "batch/responses_sign.h"
#include "core/base64.h"
#include "core/clock.h"
#include "hsm/pool.h"
#include "hsm/sign.h"
#include "pki/cert.h"

#define RING 256      /* requests read ahead of the oldest one not yet logged */
#define SYNC_EVERY 256 /* outcome lines to one fsync */

struct run {
    struct state *s;
    struct hsm_pool *pool;
    int dir_fd;             /* of the batch in the archive */
    struct plan *plan;
    struct issuers *issuers;
    const struct policy_authority *authority;
    char batch[DIGEST_HEX];
    struct plan_item ring[RING];
    uint64_t read, logged; /* items that went into the ring, and out of it */
    uint64_t unsynced;
    uint64_t list_signatures;
    const struct outcomes_follower *follower;
    bool more;
    bool at_list;          /* the newest item read tells of all: it is signed when all before it is in the index */
    const struct progress *progress;
};

static enum err submit(struct run *r, const struct plan_item *item, struct diag *d)
{
    struct issuer *key;
    enum err e = issuers_find(r->issuers, r->s, item->key, &key, d);
    return e != E_OK ? e : hsm_pool_submit(r->pool, key->token, buf_span(&item->tbs), d);
}

/* Read ahead as long as there is room for what comes, and no list is waiting. */
static enum err fill(struct run *r, uint64_t answered, struct diag *d)
{
    enum err e = E_OK;
    while (e == E_OK && r->more && !r->at_list && r->read - r->logged < RING && hsm_pool_has_room(r->pool)) {
        struct plan_item *item = &r->ring[r->read % RING];
        e = plan_next(r->plan, item, &r->more, d);
        if (e != E_OK || !r->more || (uint64_t)item->n <= answered)
            continue;
        if (item->act == PLAN_ISSUE)
            e = submit(r, item, d);
        r->at_list = item->act == PLAN_CRL || item->act == PLAN_OCSP;
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
    char serial[2 * SERIAL_LEN + 1], supersedes[2 * SERIAL_LEN + 1] = "", hex[DIGEST_HEX];
    char *text = NULL;
    if (item->has_supersedes)
        hex_encode(item->supersedes, SERIAL_LEN, supersedes);
    enum err e = hsm_pool_take(r->pool, &signature, d);
    if (e == E_OK)
        e = issuers_find(r->issuers, r->s, item->key, &key, d);
    if (e == E_OK)
        e = certify_assemble(item, key->cert, buf_span(&signature), &cert, d);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, cert.data, cert.len, digest);
    if (e == E_OK) {
        text = base64_string(signature.data, signature.len);
        hex_encode(item->serial, SERIAL_LEN, serial);
        hex_encode(digest, DIGEST_LEN, hex);
        e = text == NULL ? E_NO_MEMORY
                         : log_append(r->s->log, RECORD_ISSUED,
                                      json_pack("{s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "batch", r->batch, "n",
                                                (json_int_t)item->n, "authority", r->plan->header.authority,
                                                "profile", item->profile, "key", item->key, "serial", serial,
                                                "certificate", hex, "signature", text, "supersedes", supersedes),
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

static enum err log_status(struct run *r, const struct plan_item *item, struct diag *d)
{
    bool late = lateness_of(r->authority, item->act, item->asked, clock_now());
    char serial[2 * SERIAL_LEN + 1], asked[CLOCK_TEXT];
    hex_encode(item->serial, SERIAL_LEN, serial);
    clock_format(item->asked, asked);
    if (item->act == PLAN_ACCEPT)
        return log_append(r->s->log, RECORD_ACCEPTED,
                          json_pack("{s:s,s:I,s:s,s:s,s:s}", "batch", r->batch, "n", (json_int_t)item->n, "authority",
                                    r->plan->header.authority, "key", item->key, "serial", serial),
                          d);
    return log_append(r->s->log, RECORD_REVOKED,
                      json_pack("{s:s,s:I,s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:b}", "batch", r->batch, "n",
                                (json_int_t)item->n, "authority", r->plan->header.authority, "key", item->key, "serial",
                                serial, "status", plan_status_name(item->act), "reason", item->reason, "reason-code",
                                (json_int_t)item->reason_code, "asked", asked, "late", late),
                      d);
}

static enum err sign_list(struct run *r, const struct plan_item *item, struct buf *signature, struct diag *d)
{
    struct prehash *sign = NULL;
    struct prehash_value value;
    struct issuer *key;
    EVP_PKEY *public = NULL;
    enum err e = issuers_find(r->issuers, r->s, item->key, &key, d);
    if (e == E_OK)
        e = state_public_key(r->s, item->key, &public, d);
    if (e == E_OK)
        e = prehash_new(key->row->alg, public, &sign);
    if (e == E_OK)
        e = lists_write_tbs(r->s->index, &r->plan->header, key, item, -1, sign, d);
    if (e == E_OK)
        e = prehash_final(sign, &value);
    if (e == E_OK)
        e = hsm_sign_digest(key->token, &value, signature, d);
    prehash_free(sign);
    EVP_PKEY_free(public);
    return e;
}

static enum err log_list(struct run *r, const struct plan_item *item, struct diag *d)
{
    const struct plan_crl *c = &item->crl;
    struct buf signature = {0};
    char tbs[DIGEST_HEX];
    enum err e = sync_group(r, d); /* the index now knows what became of every request before it */
    if (e == E_OK)
        e = sign_list(r, item, &signature, d);
    char *text = e == E_OK ? base64_string(signature.data, signature.len) : NULL;
    hex_encode(c->tbs, DIGEST_LEN, tbs);
    if (e == E_OK)
        e = text == NULL ? E_NO_MEMORY
                         : log_append(r->s->log, RECORD_CRL,
                                      json_pack("{s:s,s:I,s:s,s:I,s:I,s:I,s:s,s:s}", "batch", r->batch, "n",
                                                (json_int_t)item->n, "key", item->key, "number", (json_int_t)c->number,
                                                "base", (json_int_t)c->base, "entries", (json_int_t)c->entries, "tbs",
                                                tbs, "signature", text),
                                      d);
    r->at_list = false;
    r->list_signatures++;
    free(text);
    buf_free(&signature);
    return e;
}

static enum err sign_responses(struct run *r, const struct plan_item *item, uint8_t digest[DIGEST_LEN], struct diag *d)
{
    struct responses_source source = {.index = r->s->index, .header = &r->plan->header};
    struct issuer *found = NULL;
    struct index_batch batch;
    bool planned = false;
    enum err e = issuers_find(r->issuers, r->s, item->key, &found, d);
    if (e != E_OK)
        return e;
    source.issuer = *found;
    e = issuers_find(r->issuers, r->s, item->ocsp.responder, &found, d);
    if (e != E_OK)
        return e;
    source.responder = *found;
    e = index_batch_by_digest(r->s->index, r->plan->header.batch, &batch, &planned, d);
    source.line = batch.plan_seq;
    return e == E_OK ? responses_sign(&source, item, r->dir_fd, r->pool, r->progress, digest, d) : e;
}

/* The file is whole and durable before the line that names it. After a crash between the two it is made anew. */
static enum err log_responses(struct run *r, const struct plan_item *item, struct diag *d)
{
    uint8_t digest[DIGEST_LEN] = {0};
    char hex[DIGEST_HEX];
    enum err e = sync_group(r, d);
    if (e == E_OK)
        e = sign_responses(r, item, digest, d);
    hex_encode(digest, DIGEST_LEN, hex);
    if (e == E_OK)
        e = log_append(r->s->log, RECORD_OCSP,
                       json_pack("{s:s,s:I,s:s,s:s,s:I,s:s}", "batch", r->batch, "n", (json_int_t)item->n, "key",
                                 item->key, "responder", item->ocsp.responder, "responses", (json_int_t)item->ocsp.count,
                                 "digest", hex),
                       d);
    r->at_list = false;
    return e;
}

static enum err log_item(struct run *r, const struct plan_item *item, struct diag *d)
{
    switch (item->act) {
    case PLAN_ISSUE:
        return log_issued(r, item, d);
    case PLAN_REFUSE:
        return log_refused(r, item, d);
    case PLAN_CRL:
        return log_list(r, item, d);
    case PLAN_OCSP:
        return log_responses(r, item, d);
    default:
        return log_status(r, item, d);
    }
}

static enum err log_oldest(struct run *r, struct diag *d)
{
    enum err e = log_item(r, &r->ring[r->logged % RING], d);
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

enum err outcomes_run(struct state *s, struct hsm *h, int sessions, int dir_fd, struct plan *plan,
                      struct issuers *issuers, uint64_t answered, const struct outcomes_follower *follower, const struct progress *progress,
                      uint64_t *signatures, struct diag *d)
{
    uint64_t total = (uint64_t)plan_total(&plan->counts);
    *signatures = 0;
    struct run *r = calloc(1, sizeof *r);
    if (r == NULL)
        return diag_set(d, E_NO_MEMORY, "signing");
    r->s = s;
    r->dir_fd = dir_fd;
    r->progress = progress;
    r->plan = plan;
    r->issuers = issuers;
    r->follower = follower;
    r->authority = policy_authority_find(s->policy, plan->header.authority);
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
        *signatures = hsm_pool_count(r->pool) + r->list_signatures;
    hsm_pool_close(r->pool);
    for (size_t i = 0; i < RING; i++)
        plan_item_free(&r->ring[i]);
    free(r);
    return e != E_OK ? e : synced;
}
