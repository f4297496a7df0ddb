#include "batch/plan_parse.h"

#include <string.h>

#include "core/clock.h"
#include "core/text.h"

enum err plan_malformed(struct diag *d, uint64_t line, const char *what)
{
    return diag_set(d, E_PLAN_FORMAT, "%s line %llu: %s", PLAN_FILE, (unsigned long long)line, what);
}

static bool copy_token(char out[LIMIT_TOKEN_TEXT + 1], const char *s)
{
    if (!text_is_token(s, LIMIT_TOKEN_TEXT))
        return false;
    snprintf(out, LIMIT_TOKEN_TEXT + 1, "%s", s);
    return true;
}

/* Printable ASCII that fits. */
static bool copy_text(char *out, size_t cap, const char *s)
{
    size_t n = strlen(s);
    if (n >= cap)
        return false;
    for (size_t i = 0; i < n; i++)
        if (s[i] < 0x20 || s[i] > 0x7e)
            return false;
    memcpy(out, s, n + 1);
    return true;
}

static bool take_approvals(struct plan_header *h, const json_t *list)
{
    if (!json_is_array(list) || json_array_size(list) > APPROVALS_MAX)
        return false;
    h->approvals_n = json_array_size(list);
    for (size_t i = 0; i < h->approvals_n; i++) {
        const char *role, *hex;
        if (json_unpack_ex(json_array_get(list, i), NULL, JSON_STRICT, "{s:s,s:s}", "role", &role, "certificate",
                           &hex) != 0 ||
            !hex_decode(hex, h->approvals[i].certificate, DIGEST_LEN))
            return false;
        h->approvals[i].role = strcmp(role, policy_role_name(POLICY_REVIEW)) == 0 ? POLICY_REVIEW : POLICY_ENTRY;
        if (strcmp(role, policy_role_name(h->approvals[i].role)) != 0)
            return false;
    }
    return true;
}

static enum err parse_line(struct span line, uint64_t number, json_t **out, struct diag *d)
{
    char where[48];
    struct diag why = {0};
    snprintf(where, sizeof where, PLAN_FILE " line %llu", (unsigned long long)number);
    enum err e = json_line_parse((const char *)line.p, line.n, where, out, &why);
    if (e == E_NO_MEMORY)
        return diag_set(d, e, PLAN_FILE);
    return e == E_OK ? E_OK : plan_malformed(d, number, err_sentence(e));
}

/* Taking apart and writing again is the whole check of form: an extra, missing or reordered key shows there. */
static enum err same_again(struct span line, const struct buf *again, uint64_t number, struct diag *d)
{
    if (again->failed)
        return diag_set(d, E_NO_MEMORY, PLAN_FILE);
    if (again->len != line.n + 1 || memcmp(again->data, line.p, line.n) != 0)
        return plan_malformed(d, number, "not in canonical form");
    return E_OK;
}

enum err plan_parse_header(struct span line, struct plan_header *h, struct diag *d)
{
    const char *format, *batch, *intake, *authority, *ra, *id, *policy, *created, *expires, *head;
    json_int_t sequence, size, bytes;
    json_t *obj, *approvals;
    struct buf again = {0};
    *h = (struct plan_header){0};
    enum err e = parse_line(line, 1, &obj, d);
    if (e != E_OK)
        return e;
    bool good = json_unpack(obj, "{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:s,s:s,s:I,s:I,s:s,s:o}", "format", &format,
                            "batch", &batch, "intake", &intake, "authority", &authority, "ra", &ra, "id", &id,
                            "sequence", &sequence, "policy", &policy, "created", &created, "expires", &expires,
                            "log-size", &size, "log-bytes", &bytes, "log-head", &head, "approvals", &approvals) == 0 &&
                strcmp(format, PLAN_FORMAT) == 0 && hex_decode(batch, h->batch, DIGEST_LEN) &&
                hex_decode(intake, h->intake, DIGEST_LEN) && copy_token(h->authority, authority) &&
                copy_token(h->ra, ra) && copy_token(h->id, id) && sequence >= 1 && size >= 1 && bytes >= 1 &&
                hex_decode(policy, h->policy, DIGEST_LEN) && clock_parse(created, &h->created) &&
                clock_parse(expires, &h->expires) && hex_decode(head, h->log_head, DIGEST_LEN) &&
                take_approvals(h, approvals);
    if (good) {
        h->sequence = sequence;
        h->log_size = (uint64_t)size;
        h->log_bytes = (uint64_t)bytes;
        e = plan_write_header(h, &again);
        if (e == E_OK)
            e = same_again(line, &again, 1, d);
    } else {
        e = plan_malformed(d, 1, "not a plan's header");
    }
    buf_free(&again);
    json_decref(obj);
    return e;
}

static bool take_refusal(struct plan_item *i, json_t *obj)
{
    const char *code, *detail;
    if (json_unpack(obj, "{s:s,s:s}", "code", &code, "detail", &detail) != 0)
        return false;
    i->code = err_by_name(code);
    return i->code != E_OK && copy_text(i->detail, sizeof i->detail, detail);
}

/* What only some certificates have. */
static bool take_extras(struct plan_item *i, const json_t *obj)
{
    const char *override = json_string_value(json_object_get(obj, "override"));
    const char *pair = json_string_value(json_object_get(obj, "pair"));
    i->has_pair = pair != NULL;
    if (override != NULL && !copy_text(i->override_, sizeof i->override_, override))
        return false;
    return pair == NULL || (hex_decode(pair, i->pair, SERIAL_LEN) &&
                            json_get_base64(obj, "enveloped-key", &i->enveloped_key, "", NULL) == E_OK &&
                            i->enveloped_key.len <= LIMIT_ENVELOPED_BYTES);
}

static bool take_issue(struct plan_item *i, json_t *obj)
{
    const char *profile, *serial, *supersedes, *ignored;
    if (json_unpack(obj, "{s:s,s:s,s:s,s:s}", "profile", &profile, "serial", &serial, "supersedes", &supersedes,
                    "ignored", &ignored) != 0 ||
        !copy_token(i->profile, profile) || !hex_decode(serial, i->serial, SERIAL_LEN) ||
        !copy_text(i->ignored, sizeof i->ignored, ignored) || !take_extras(i, obj))
        return false;
    i->has_supersedes = supersedes[0] != '\0';
    if (i->has_supersedes && !hex_decode(supersedes, i->supersedes, SERIAL_LEN))
        return false;
    return json_get_base64(obj, "tbs", &i->tbs, "", NULL) == E_OK && i->tbs.len <= LIMIT_TBS_BYTES;
}

static bool take_status(struct plan_item *i, json_t *obj)
{
    const char *serial, *reason, *asked;
    json_int_t code;
    if (json_unpack(obj, "{s:s,s:s,s:I,s:s}", "serial", &serial, "reason", &reason, "reason-code", &code, "asked",
                    &asked) != 0 ||
        !hex_decode(serial, i->serial, SERIAL_LEN) || (reason[0] != '\0' && !copy_token(i->reason, reason)) ||
        !clock_parse(asked, &i->asked))
        return false;
    i->reason_code = (int)code;
    return code >= 0 && code <= REASON_CODE_MAX;
}

static bool take_crl(struct plan_item *i, json_t *obj)
{
    struct plan_crl *c = &i->crl;
    const char *next, *tbs;
    json_int_t number, base, entries, bytes;
    if (json_unpack(obj, "{s:I,s:I,s:s,s:I,s:I,s:s}", "number", &number, "base", &base, "next-update", &next, "entries",
                    &entries, "bytes", &bytes, "tbs", &tbs) != 0 ||
        number < 1 || base < 0 || base >= number || entries < 0 || bytes < 1 || !clock_parse(next, &c->next_update))
        return false;
    c->number = number;
    c->base = base;
    c->entries = entries;
    c->bytes = bytes;
    return hex_decode(tbs, c->tbs, DIGEST_LEN);
}

static bool take_ocsp(struct plan_item *i, json_t *obj)
{
    struct plan_ocsp *o = &i->ocsp;
    const char *responder, *next, *tbs;
    json_int_t count;
    if (json_unpack(obj, "{s:s,s:s,s:I,s:s}", "responder", &responder, "next-update", &next, "responses", &count, "tbs",
                    &tbs) != 0 ||
        !copy_token(o->responder, responder) || count < 0 || !clock_parse(next, &o->next_update))
        return false;
    o->count = count;
    return hex_decode(tbs, o->tbs, DIGEST_LEN);
}

static bool take_item(struct plan_item *i, json_t *obj)
{
    const char *id, *decision, *clause, *key = "";
    if (json_unpack(obj, "{s:s,s:s,s:s}", "id", &id, "decision", &decision, "clause", &clause) != 0 ||
        (id[0] != '\0' && !copy_token(i->id, id)) || !copy_text(i->clause, sizeof i->clause, clause))
        return false;
    i->act = PLAN_REFUSE;
    while (i->act < PLAN_ACTS && strcmp(decision, plan_act_name(i->act)) != 0)
        i->act++;
    if (i->act == PLAN_REFUSE)
        return take_refusal(i, obj);
    if (i->act == PLAN_ACTS || json_unpack(obj, "{s:s}", "key", &key) != 0 || !copy_token(i->key, key))
        return false;
    if (i->act == PLAN_CRL)
        return take_crl(i, obj);
    if (i->act == PLAN_OCSP)
        return take_ocsp(i, obj);
    return id[0] != '\0' && (i->act == PLAN_ISSUE ? take_issue(i, obj) : take_status(i, obj));
}

enum err plan_parse_item(struct span line, uint64_t number, bool prove, struct plan_item *i, struct diag *d)
{
    json_int_t n = 0;
    json_t *obj;
    struct buf again = {0};
    enum err e = parse_line(line, number, &obj, d);
    if (e != E_OK)
        return e;
    if (json_unpack(obj, "{s:I}", "n", &n) != 0 || n < 1 || !take_item(i, obj))
        e = plan_malformed(d, number, "not an item");
    i->n = n;
    if (e == E_OK && prove)
        e = plan_write_item(i, &again);
    if (e == E_OK && prove)
        e = same_again(line, &again, number, d);
    buf_free(&again);
    json_decref(obj);
    return e;
}

bool plan_is_end(struct span line)
{
    return line.n > 7 && memcmp(line.p, "{\"end\":", 7) == 0;
}

enum err plan_parse_end(struct span line, uint64_t number, struct plan_counts *out, struct diag *d)
{
    json_int_t n[4];
    int end = 0;
    json_t *obj;
    struct buf again = {0};
    *out = (struct plan_counts){0};
    enum err e = parse_line(line, number, &obj, d);
    if (e != E_OK)
        return e;
    if (json_unpack(obj, "{s:b,s:I,s:I,s:I,s:I}", "end", &end, "issue", &n[0], "refuse", &n[1], "status", &n[2], "lists",
                    &n[3]) != 0 ||
        n[0] < 0 || n[1] < 0 || n[2] < 0 || n[3] < 0)
        e = plan_malformed(d, number, "not the end line");
    else
        *out = (struct plan_counts){n[0], n[1], n[2], n[3]};
    if (e == E_OK)
        e = plan_write_end(out, &again);
    if (e == E_OK)
        e = same_again(line, &again, number, d);
    buf_free(&again);
    json_decref(obj);
    return e;
}
