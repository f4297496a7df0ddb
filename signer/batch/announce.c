#include "batch/announce.h"

#include <string.h>

#include "batch/certify_eseal.h"
#include "pki/identity.h"

enum err announce_cert(const struct plan_header *h, const struct plan_item *item, struct index_cert *c, struct diag *d)
{
    struct tbs_outline tbs;
    *c = (struct index_cert){.serial_n = SERIAL_LEN, .n = item->n};
    snprintf(c->authority, sizeof c->authority, "%s", h->authority);
    snprintf(c->profile, sizeof c->profile, "%s", item->profile);
    snprintf(c->key, sizeof c->key, "%s", item->key);
    memcpy(c->serial, item->serial, SERIAL_LEN);
    memcpy(c->batch, h->batch, DIGEST_LEN);
    enum err e = certify_outline(item, &tbs, d);
    if (e == E_OK)
        e = identity_holder(tbs.subject, tbs.identity, c->subject);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, tbs.spki.p, tbs.spki.n, c->spki);
    c->not_after = tbs.not_after;
    return e;
}

bool announce_change(const struct plan_header *h, const struct plan_item *item, struct index_change *c)
{
    static const enum index_change_kind kinds[PLAN_ACTS] = {
        [PLAN_ISSUE] = INDEX_REVOKE,    [PLAN_REVOKE] = INDEX_REVOKE, [PLAN_HOLD] = INDEX_HOLD,
        [PLAN_RELEASE] = INDEX_RELEASE, [PLAN_ACCEPT] = INDEX_ACCEPT};
    const uint8_t *serial = item->act == PLAN_ISSUE ? item->supersedes : item->serial;
    *c = (struct index_change){.n = item->n, .serial_n = SERIAL_LEN, .what = kinds[item->act], .at = h->created,
                               .reason = item->act == PLAN_ISSUE ? CRL_REASON_SUPERSEDED : item->reason_code};
    memcpy(c->batch, h->batch, DIGEST_LEN);
    memcpy(c->serial, serial, SERIAL_LEN);
    snprintf(c->authority, sizeof c->authority, "%s", h->authority);
    return item->act == PLAN_ISSUE ? item->has_supersedes : item->act >= PLAN_REVOKE && item->act <= PLAN_ACCEPT;
}

enum err announce_item(struct index *x, const struct plan_header *h, const struct plan_item *item, uint64_t plan_seq,
                          struct diag *d)
{
    struct index_cert cert;
    struct index_change change;
    struct index_crl crl = {.number = item->crl.number, .base = item->crl.base, .this_update = h->created,
                            .plan_seq = plan_seq, .n = item->n};
    enum err e = E_OK;
    if (item->act == PLAN_ISSUE) {
        e = announce_cert(h, item, &cert, d);
        if (e == E_OK)
            e = index_add_cert(x, &cert, d);
    }
    if (e == E_OK && announce_change(h, item, &change))
        e = index_add_change(x, &change, d);
    if (e == E_OK && item->act == PLAN_CRL) {
        memcpy(crl.batch, h->batch, DIGEST_LEN);
        snprintf(crl.key, sizeof crl.key, "%s", item->key);
        e = index_add_crl(x, &crl, d);
    }
    return e;
}

static enum err is_own(void *arg, const uint8_t spki[DIGEST_LEN], bool *own, struct diag *d)
{
    return index_is_own_key(arg, spki, own, d);
}

static enum err owner(void *arg, const uint8_t spki[DIGEST_LEN], uint8_t subject[DIGEST_LEN], bool *found,
                      struct diag *d)
{
    return index_key_subject(arg, spki, subject, found, d);
}

static enum err certificate(void *arg, const char *authority, const uint8_t serial[SERIAL_LEN], struct index_cert *out,
                            bool *found, struct diag *d)
{
    enum err e = index_cert(arg, authority, serial, SERIAL_LEN, out, found, d);
    *found = *found && out->log_seq > 0;
    return e;
}

struct decide_history announce_history(struct index *x)
{
    return (struct decide_history){x, is_own, owner, certificate};
}
