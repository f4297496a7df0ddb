#include "batch/own_batch.h"

#include <string.h>

#include "batch/header.h"
#include "batch/request.h"
#include "core/clock.h"
#include "core/i18n.h"

/* Whether a key that was named can be asked is decided like everything else. */
static bool wanted(const struct policy *p, const struct policy_authority *a, const struct policy_key *row, const char *key,
                   enum op op)
{
    if (key != NULL)
        return strcmp(row->name, key) == 0;
    if (op == OP_OCSP)
        return policy_key_issuer(p, policy_key_find(p, a->ocsp_key)) == row;
    return op == OP_CRL ? row->crl_period > 0 : row->crl_delta_period > 0;
}

static enum err put_line(struct buf *out, enum err e)
{
    buf_append_byte(out, '\n');
    return e == E_OK ? buf_err(out) : e;
}

static enum err put_requests(const struct policy *p, const struct policy_authority *a, const char *key, enum op op, int64_t now,
                             struct buf *out, int64_t *count)
{
    enum err e = E_OK;
    for (size_t i = 0; i < a->keys_n && e == E_OK; i++) {
        struct request r = {.op = op, .requested_at = now};
        if (!wanted(p, a, &a->keys[i], key, op))
            continue;
        snprintf(r.id, sizeof r.id, "%s-%lld", op == OP_OCSP ? "ocsp" : "list", (long long)++*count);
        snprintf(r.op_text, sizeof r.op_text, "%s", op_name(r.op));
        snprintf(r.key, sizeof r.key, "%s", a->keys[i].name);
        e = put_line(out, request_write(&r, out));
    }
    return e;
}

static enum err next_header(struct state *s, const struct policy_authority *a, enum op op, int64_t now,
                            struct batch_header *h, struct diag *d)
{
    struct index_batch last;
    bool any = false;
    enum err e = index_batch_last(s->index, HEADER_OWN_RA, INDEX_NOW, &last, &any, d);
    *h = (struct batch_header){.ra = HEADER_OWN_RA, .sequence = any ? last.sequence + 1 : 1, .created = now,
                               .valid_until = now + s->policy->limits.plan_lifetime};
    snprintf(h->authority, sizeof h->authority, "%s", a->name);
    snprintf(h->id, sizeof h->id, "%s-%lld", op == OP_OCSP ? "ocsp" : "lists", (long long)h->sequence);
    return e;
}

static enum err tell_no_key(const struct policy_authority *a, const char *key, bool delta, struct diag *d)
{
    if (key == NULL)
        return diag_set_clause(d, E_LIST_KEY, a->services_clause, delta ? N_("%s has no key that issues deltas")
                                                                        : N_("%s has no key that issues lists"), a->name);
    return diag_set_clause(d, E_LIST_KEY, a->services_clause, delta ? N_("%s has no key %s that issues deltas")
                                                                    : N_("%s has no key %s that issues lists"), a->name, key);
}

enum err own_batch_make(struct state *s, const char *authority, const char *key, enum op op, struct intake *out,
                        struct diag *d)
{
    const struct policy_authority *a = policy_authority_find(s->policy, authority);
    struct batch_header h;
    struct buf requests = {0}, batch = {0};
    *out = (struct intake){0};
    if (a == NULL)
        return diag_set(d, E_AUTHORITY, "%s", authority);
    if (op == OP_OCSP && a->ocsp_key == NULL)
        return diag_set_clause(d, E_OP_NOT_OFFERED, a->services_clause, "ocsp is not offered by %s", a->name);
    enum err e = next_header(s, a, op, clock_now(), &h, d);
    if (e == E_OK)
        e = put_requests(s->policy, a, key, op, h.created, &requests, &h.count);
    if (e == E_OK && h.count == 0)
        e = tell_no_key(a, key, op == OP_DELTA_CRL, d);
    if (e == E_OK)
        e = put_line(&batch, header_write(&h, &batch));
    buf_append(&batch, requests.data, requests.len);
    if (e == E_OK)
        e = buf_err(&batch);
    if (e == E_OK)
        e = intake_put(s->archive_fd, buf_span(&batch), out, d);
    buf_free(&requests);
    buf_free(&batch);
    return e;
}
