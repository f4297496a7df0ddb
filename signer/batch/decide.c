#include "batch/decide.h"

#include <string.h>

#include "batch/decide_certificate.h"
#include "batch/decide_eseal.h"
#include "batch/decide_status.h"

static enum err check_id(struct decider *c, const struct request *r, uint64_t number, struct diag *d)
{
    uint8_t key[DIGEST_LEN];
    const uint8_t *old;
    enum err e = digest_bytes(DIGEST_SHA256, r->id, strlen(r->id), key);
    if (e == E_OK)
        e = set_put(&c->ids, key, key, &old);
    if (e == E_OK && old != NULL)
        e = diag_set(d, E_REQUEST_ID, "batch.jsonl line %llu: %s", (unsigned long long)number, r->id);
    return e;
}

static enum err not_offered(const struct decider *c, const struct request *r, const char *clause, struct diag *d)
{
    return r->by[0] != '\0' ? diag_set_clause(d, E_OP_NOT_OFFERED, clause, "%s by %s is not offered by %s", r->op_text, r->by,
                                              c->authority->name)
                            : diag_set_clause(d, E_OP_NOT_OFFERED, clause, "%s is not offered by %s", r->op_text, c->authority->name);
}

/* What the authority does not offer is refused before anything else is looked at. Lists are a matter of the key's row, OCSP
 * responses one of the authority's, which only the appliance asks for: those of certificates that the same batch issues
 * could not be among them. It asks nothing else of itself. */
static enum err check_service(const struct decider *c, const struct request *r, struct diag *d)
{
    const struct policy_service *s = policy_service_find(c->authority, r->op_text);
    enum policy_by by;
    if (r->op == OP_OCSP && (c->authority->ocsp_key == NULL || !header_is_own(c->header)))
        return not_offered(c, r, c->authority->services_clause, d);
    if (op_is_list(r->op))
        return E_OK;
    if (r->op == OP_UNKNOWN || s == NULL || header_is_own(c->header))
        return not_offered(c, r, c->authority->services_clause, d);
    if (r->by[0] != '\0' && !policy_by_by_name(r->by, &by))
        return diag_set(d, E_FIELD_VALUE, "\"by\" is %s, not subscriber, ceased or operator", r->by);
    return r->by[0] != '\0' && !s->by[by] ? not_offered(c, r, c->authority->services_clause, d) : E_OK;
}

static enum err check_date(const struct decider *c, const struct request *r, struct diag *d)
{
    if (r->requested_at > c->header->created + LIMIT_CLOCK_SKEW)
        return diag_set(d, E_REQUEST_DATE, "asked for after the batch was made");
    bool revokes = (op_fields(r->op) & OP_BY) != 0; /* never too late: it is done, and marked */
    if (!revokes && r->requested_at < c->header->created - c->policy->limits.batch_age)
        return diag_set_clause(d, E_REQUEST_DATE, c->policy->limits.clause, "asked for too long before the batch");
    return E_OK;
}

static enum err decide(struct decider *c, const struct reading *in, struct decision *o, struct diag *d)
{
    struct diag twice = {0};
    enum err e = verdict_tell(&in->line, d);
    /* an id that could be read is taken, whatever else is wrong with its line */
    enum err id = o->request.id[0] != '\0' ? check_id(c, &o->request, in->number, &twice) : E_OK;
    if (e == E_OK && id != E_OK) {
        e = id;
        if (d != NULL)
            *d = twice;
    }
    if (e == E_OK)
        e = check_service(c, &o->request, d);
    if (e == E_OK)
        e = check_date(c, &o->request, d);
    bool list = op_is_list(o->request.op);
    if (e == E_OK && c->list_seen && !list)
        e = diag_set(d, E_LIST_NOT_LAST, "%s", o->request.id);
    c->list_seen = c->list_seen || (e == E_OK && list);
    if (e != E_OK)
        return e;
    if (op_fields(o->request.op) & OP_SEAL)
        return decide_eseal(c, o, d);
    return op_certifies(o->request.op) ? decide_certificate(c, in, o, d) : decide_status(c, o, d);
}

enum err decide_reading(struct decider *c, struct reading *in, struct decision *out, struct diag *d)
{
    struct diag why = {0};
    *out = (struct decision){.request = in->request, .csr = in->csr};
    in->request = (struct request){0};
    in->csr = (struct csr){0};
    enum err e = decide(c, in, out, &why);
    if (e != E_OK && !err_is_refusal(e)) {
        if (d != NULL)
            *d = why;
        return e;
    }
    out->code = e;
    if (e != E_OK) {
        snprintf(out->clause, sizeof out->clause, "%s", why.clause[0] != '\0' ? why.clause : err_clause(e));
        memcpy(out->detail, why.text, sizeof out->detail);
    }
    return E_OK;
}

enum err decide_request(struct decider *c, struct span line, enum err line_error, uint64_t number, struct decision *out,
                        struct diag *d)
{
    struct reading in;
    reading_take(line, line_error, number, &in);
    enum err e = decide_reading(c, &in, out, d);
    reading_free(&in);
    return e;
}

void decision_free(struct decision *o)
{
    request_free(&o->request);
    csr_free(&o->csr);
    buf_free(&o->subject);
    buf_free(&o->san);
    buf_free(&o->identity);
}

void decider_free(struct decider *c)
{
    set_free(&c->ids);
    set_free(&c->keys);
    pairs_free(&c->pairs);
}
