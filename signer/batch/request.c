#include "batch/request.h"

#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/clock.h"

/* The id comes first, so that whatever else is wrong can be answered under it. */
static enum err get_fields(const json_t *obj, struct request *r, const char *where, struct diag *d)
{
    static const char *const keys[] = {"id",       "op",       "profile", "csr", "requested-at",
                                       "evidence", "operator", NULL};
    enum err e = json_get_token(obj, "id", r->id, where, d);
    if (e == E_OK)
        e = json_only(obj, keys, where, d);
    if (e == E_OK)
        e = json_get_token(obj, "op", r->op, where, d);
    if (e == E_OK)
        e = json_get_token(obj, "profile", r->profile, where, d);
    if (e == E_OK)
        e = json_get_time(obj, "requested-at", &r->requested_at, where, d);
    if (e == E_OK && json_object_get(obj, "operator") != NULL)
        e = json_get_token(obj, "operator", r->operator_, where, d);
    r->has_evidence = json_object_get(obj, "evidence") != NULL;
    if (e == E_OK && r->has_evidence)
        e = json_get_digest(obj, "evidence", r->evidence, where, d);
    if (e == E_OK)
        e = json_get_base64(obj, "csr", &r->csr, where, d);
    if (e == E_OK && r->csr.len > LIMIT_CSR_BYTES)
        e = diag_set(d, E_FIELD_VALUE, "%s: csr has %zu bytes, allowed are %d", where, r->csr.len, LIMIT_CSR_BYTES);
    return e;
}

enum err request_parse(struct span line, uint64_t number, struct request *out, struct diag *d)
{
    char where[48];
    json_t *obj;
    *out = (struct request){0};
    snprintf(where, sizeof where, "batch.jsonl line %llu", (unsigned long long)number);
    enum err e = json_line_parse((const char *)line.p, line.n, where, &obj, d);
    if (e == E_OK)
        e = get_fields(obj, out, where, d);
    json_decref(obj);
    return e;
}

enum err request_write(const struct request *r, struct buf *out)
{
    char at[CLOCK_TEXT], hex[DIGEST_HEX];
    clock_format(r->requested_at, at);
    hex_encode(r->evidence, DIGEST_LEN, hex);
    char *csr = base64_string(r->csr.data, r->csr.len);
    if (csr == NULL)
        return E_NO_MEMORY;
    json_t *obj = json_pack("{s:s,s:s,s:s,s:s,s:s}", "id", r->id, "op", r->op, "profile", r->profile, "csr", csr,
                            "requested-at", at);
    int bad = obj == NULL;
    if (!bad && r->has_evidence)
        bad = json_object_set_new(obj, "evidence", json_string(hex));
    if (!bad && r->operator_[0] != '\0')
        bad = json_object_set_new(obj, "operator", json_string(r->operator_));
    enum err e = bad ? E_NO_MEMORY : json_line_write(obj, out);
    json_decref(obj);
    free(csr);
    return e;
}

void request_free(struct request *r)
{
    buf_free(&r->csr);
}
