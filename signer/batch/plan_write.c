#include <string.h>

#include "batch/plan.h"
#include "core/clock.h"

static enum err write_line(json_t *obj, struct buf *out)
{
    if (obj == NULL)
        return E_NO_MEMORY;
    enum err e = json_line_write(obj, out);
    buf_append_byte(out, '\n');
    json_decref(obj);
    return e != E_OK ? e : buf_err(out);
}

static json_t *pack_approvals(const struct plan_header *h)
{
    char hex[DIGEST_HEX];
    json_t *list = json_array();
    for (size_t i = 0; i < h->approvals_n; i++) {
        hex_encode(h->approvals[i].certificate, DIGEST_LEN, hex);
        json_t *one =
            json_pack("{s:s,s:s}", "role", policy_role_name(h->approvals[i].role), "certificate", hex);
        if (json_array_append_new(list, one) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

enum err plan_write_header(const struct plan_header *h, struct buf *out)
{
    char batch[DIGEST_HEX], intake[DIGEST_HEX], policy[DIGEST_HEX], head[DIGEST_HEX];
    char created[CLOCK_TEXT], expires[CLOCK_TEXT];
    hex_encode(h->batch, DIGEST_LEN, batch);
    hex_encode(h->intake, DIGEST_LEN, intake);
    hex_encode(h->policy, DIGEST_LEN, policy);
    hex_encode(h->log_head, DIGEST_LEN, head);
    clock_format(h->created, created);
    clock_format(h->expires, expires);
    return write_line(json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:s,s:s,s:I,s:I,s:s,s:o}", "format", PLAN_FORMAT,
                                "batch", batch, "intake", intake, "authority", h->authority, "ra", h->ra, "id", h->id,
                                "sequence", (json_int_t)h->sequence, "policy", policy, "created", created, "expires",
                                expires, "log-size", (json_int_t)h->log_size, "log-bytes", (json_int_t)h->log_bytes,
                                "log-head", head, "approvals", pack_approvals(h)),
                      out);
}

static const char *const act_names[PLAN_ACTS] = {
    [PLAN_REFUSE] = "refuse", [PLAN_ISSUE] = "issue",   [PLAN_REVOKE] = "revoke", [PLAN_HOLD] = "hold",
    [PLAN_RELEASE] = "release", [PLAN_ACCEPT] = "accept", [PLAN_CRL] = "crl",
    [PLAN_OCSP] = "ocsp",
};

bool plan_is_eseal(const struct plan_item *i)
{
    return i->act == PLAN_ISSUE && strcmp(i->profile, POLICY_SEAL) == 0;
}

const char *plan_act_name(enum plan_act act)
{
    return act_names[act];
}

const char *plan_status_name(enum plan_act act)
{
    return act == PLAN_REVOKE ? "revoked" : act == PLAN_HOLD ? "held" : act == PLAN_RELEASE ? "released" : "";
}

void plan_count(struct plan_counts *c, enum plan_act act)
{
    bool list = act == PLAN_CRL || act == PLAN_OCSP;
    *(act == PLAN_ISSUE ? &c->issue : act == PLAN_REFUSE ? &c->refuse : list ? &c->lists : &c->status) += 1;
}

int64_t plan_total(const struct plan_counts *c)
{
    return c->issue + c->refuse + c->status + c->lists;
}

/* The object of the item with what follows its decision. NULL when memory is used up. */
static json_t *with_head(const struct plan_item *i, json_t *rest)
{
    json_t *obj = json_pack("{s:I,s:s,s:s}", "n", (json_int_t)i->n, "id", i->id, "decision", plan_act_name(i->act));
    if (obj == NULL || rest == NULL || json_object_update(obj, rest) != 0) {
        json_decref(obj);
        obj = NULL;
    }
    json_decref(rest);
    return obj;
}

static json_t *pack_refusal(const struct plan_item *i)
{
    return json_pack("{s:s,s:s,s:s}", "code", err_name(i->code), "clause", i->clause, "detail", i->detail);
}

/* What only some certificates have. */
static int set_extras(json_t *obj, const struct plan_item *i)
{
    char pair[2 * SERIAL_LEN + 1];
    int bad = 0;
    if (i->override_[0] != '\0')
        bad = json_object_set_new(obj, "override", json_string(i->override_));
    if (bad != 0 || !i->has_pair)
        return bad;
    hex_encode(i->pair, SERIAL_LEN, pair);
    bad = json_object_set_new(obj, "pair", json_string(pair));
    return bad != 0 ? bad : json_set_base64(obj, "enveloped-key", &i->enveloped_key);
}

static json_t *pack_issue(const struct plan_item *i)
{
    char serial[2 * SERIAL_LEN + 1], supersedes[2 * SERIAL_LEN + 1] = "";
    hex_encode(i->serial, SERIAL_LEN, serial);
    if (i->has_supersedes)
        hex_encode(i->supersedes, SERIAL_LEN, supersedes);
    json_t *obj = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "clause", i->clause, "profile", i->profile, "key", i->key,
                            "serial", serial, "supersedes", supersedes, "ignored", i->ignored);
    if (obj == NULL || set_extras(obj, i) != 0 || json_set_base64(obj, "tbs", &i->tbs) != 0) {
        json_decref(obj);
        return NULL;
    }
    return obj;
}

static json_t *pack_status(const struct plan_item *i)
{
    char serial[2 * SERIAL_LEN + 1], asked[CLOCK_TEXT];
    hex_encode(i->serial, SERIAL_LEN, serial);
    clock_format(i->asked, asked);
    return json_pack("{s:s,s:s,s:s,s:s,s:I,s:s}", "clause", i->clause, "key", i->key, "serial", serial, "reason",
                     i->reason, "reason-code", (json_int_t)i->reason_code, "asked", asked);
}

static json_t *pack_crl(const struct plan_item *i)
{
    const struct plan_crl *c = &i->crl;
    char next[CLOCK_TEXT], tbs[DIGEST_HEX];
    clock_format(c->next_update, next);
    hex_encode(c->tbs, DIGEST_LEN, tbs);
    return json_pack("{s:s,s:s,s:I,s:I,s:s,s:I,s:I,s:s}", "clause", i->clause, "key", i->key, "number",
                     (json_int_t)c->number, "base", (json_int_t)c->base, "next-update", next, "entries",
                     (json_int_t)c->entries, "bytes", (json_int_t)c->bytes, "tbs", tbs);
}

static json_t *pack_ocsp(const struct plan_item *i)
{
    const struct plan_ocsp *o = &i->ocsp;
    char next[CLOCK_TEXT], tbs[DIGEST_HEX];
    clock_format(o->next_update, next);
    hex_encode(o->tbs, DIGEST_LEN, tbs);
    return json_pack("{s:s,s:s,s:s,s:s,s:I,s:s}", "clause", i->clause, "key", i->key, "responder", o->responder,
                     "next-update", next, "responses", (json_int_t)o->count, "tbs", tbs);
}

enum err plan_write_item(const struct plan_item *i, struct buf *out)
{
    json_t *rest = i->act == PLAN_REFUSE  ? pack_refusal(i)
                   : i->act == PLAN_ISSUE ? pack_issue(i)
                   : i->act == PLAN_CRL   ? pack_crl(i)
                   : i->act == PLAN_OCSP  ? pack_ocsp(i)
                                          : pack_status(i);
    return write_line(with_head(i, rest), out);
}

enum err plan_write_end(const struct plan_counts *c, struct buf *out)
{
    return write_line(json_pack("{s:b,s:I,s:I,s:I,s:I}", "end", 1, "issue", (json_int_t)c->issue, "refuse",
                                (json_int_t)c->refuse, "status", (json_int_t)c->status, "lists", (json_int_t)c->lists),
                      out);
}
