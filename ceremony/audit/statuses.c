#include "audit/statuses.h"

#include <string.h>

#include "audit/audit.h"
#include "batch/announce.h"
#include "batch/lists.h"
#include "core/base64.h"

enum err statuses_announce(struct audit *a, const struct batches_open *b, struct diag *d)
{
    struct plan plan = {0};
    struct plan_item item = {0};
    bool more = true;
    enum err e = audit_archive(plan_open_known(b->fd, b->plan_digest, &plan, d), d);
    while (e == E_OK) {
        e = plan_next(&plan, &item, &more, d);
        if (e != E_OK || !more)
            break;
        e = announce_item(a->index, &b->header, &item, b->plan_line, d);
    }
    plan_item_free(&item);
    plan_close(&plan);
    return e;
}

enum err statuses_apply(struct audit *a, const struct batches_open *b, const struct record *r, struct diag *d)
{
    int64_t n = record_number(r, "n");
    enum err e = E_OK;
    if (r->type == RECORD_ISSUED)
        e = index_set_issued(a->index, b->header.batch, n, r->seq, d);
    if (r->type == RECORD_CRL)
        return index_set_crl_issued(a->index, b->header.batch, n, r->seq, d);
    return e == E_OK ? index_apply_change(a->index, b->header.batch, n, b->plan_line, d) : e;
}

enum err statuses_issuer(const struct policy *p, const struct keys_entry *key, struct issuer *out, struct diag *d)
{
    const unsigned char *der = NULL;
    size_t n = 0;
    *out = (struct issuer){.row = policy_key_find(p, key->name), .cert = key->anchor};
    if (X509_NAME_get0_der(X509_get_subject_name(key->anchor), &der, &n) != 1)
        return diag_set(d, E_CRYPTO, "%s", key->name);
    buf_append(&out->subject, der, n);
    return buf_err(&out->subject);
}

static enum err make_again(struct audit *a, const struct batches_open *b, const struct keys_entry *key,
                           const struct plan_item *item, struct prehash_value *out, struct diag *d)
{
    struct issuer issuer;
    struct prehash *sign = NULL;
    enum err e = statuses_issuer(b->policy, key, &issuer, d);
    if (e == E_OK)
        e = prehash_new(key->alg, key->public, &sign);
    if (e == E_OK)
        e = lists_write_tbs(a->index, &b->header, &issuer, item, -1, sign, d);
    if (e == E_OK)
        e = prehash_final(sign, out);
    prehash_free(sign);
    buf_free(&issuer.subject);
    return e;
}

enum err statuses_check_list(struct audit *a, const struct batches_open *b, const struct plan_item *item,
                             const struct record *r, struct diag *d)
{
    struct prehash_value value = {0};
    struct buf signature = {0};
    const struct keys_entry *key = keys_find(&a->keys, item->key);
    const char *text = record_text(r, "signature");
    if (b->policy == NULL)
        return E_OK; /* the row that says what a list of this key has is not known */
    if (key == NULL || key->anchor == NULL || policy_key_find(b->policy, item->key) == NULL)
        return diag_set(d, E_LOG_ORDER, "it is signed with %s, which has no certificate", item->key);
    enum err e = make_again(a, b, key, item, &value, d);
    if (e == E_OK)
        e = base64_decode(text, strlen(text), &signature);
    if (e == E_OK && (e = alg_verify_digest(key->alg, key->public, (struct span){value.bytes, value.n}, buf_span(&signature))) != E_OK)
        e = diag_set(d, e == E_NO_MEMORY ? e : E_CRL_SIGNATURE, "list %lld of %s", (long long)item->crl.number, item->key);
    buf_free(&signature);
    return e;
}
