#include "batch/request.h"

#include <string.h>

#include "core/clock.h"

/* A field stands there if and only if the op has it. */
static enum err check_field(const json_t *obj, const struct request *r, enum op_field field, const char *name, bool *there,
                            const char *where, struct diag *d)
{
    *there = json_object_get(obj, name) != NULL;
    if (r->op == OP_UNKNOWN)
        return E_OK;
    if (*there && (op_fields(r->op) & field) == 0)
        return diag_set(d, E_FIELD_UNKNOWN, "%s: \"%s\" in a request to %s", where, name, op_name(r->op));
    *there = (op_fields(r->op) & field) != 0;
    return E_OK;
}

static enum err get_word(const json_t *obj, struct request *r, enum op_field field, const char *name,
                         char out[LIMIT_TOKEN_TEXT + 1], const char *where, struct diag *d)
{
    bool there;
    enum err e = check_field(obj, r, field, name, &there, where, d);
    return e == E_OK && there ? json_get_token(obj, name, out, where, d) : e;
}

static enum err get_serial(const json_t *obj, struct request *r, const char *where, struct diag *d)
{
    const char *hex;
    enum err e = check_field(obj, r, OP_SERIAL, "serial", &r->has_serial, where, d);
    if (e != E_OK || !r->has_serial)
        return e;
    e = json_get_string(obj, "serial", &hex, where, d);
    if (e == E_OK && (strpbrk(hex, "ABCDEF") != NULL || !hex_decode(hex, r->serial, SERIAL_LEN)))
        e = diag_set(d, E_FIELD_VALUE, "%s: \"serial\" is not %d lower-case hexadecimal digits", where, 2 * SERIAL_LEN);
    return e;
}

/* Who signed it may stand beside a serial number. */
static enum err get_issuer(const json_t *obj, struct request *r, const char *where, struct diag *d)
{
    if (json_object_get(obj, "issuer") == NULL)
        return E_OK;
    if (r->op != OP_UNKNOWN && (op_fields(r->op) & OP_SERIAL) == 0)
        return diag_set(d, E_FIELD_UNKNOWN, "%s: \"issuer\" in a request to %s", where, op_name(r->op));
    return json_get_token(obj, "issuer", r->issuer, where, d);
}

static enum err get_csr(const json_t *obj, struct request *r, const char *where, struct diag *d)
{
    bool there;
    enum err e = check_field(obj, r, OP_CSR, "csr", &there, where, d);
    if (e == E_OK && there)
        e = json_get_base64(obj, "csr", &r->csr, where, d);
    if (e == E_OK && r->csr.len > LIMIT_CSR_BYTES)
        e = diag_set(d, E_FIELD_VALUE, "%s: csr has %zu bytes, allowed are %d", where, r->csr.len, LIMIT_CSR_BYTES);
    return e;
}

/* What may stand beside a CSR, and nowhere else. */
static enum err get_holder(const json_t *obj, struct request *r, const char *where, struct diag *d)
{
    static const char *const names[] = {"identity", "override", "pair", "pair-serial", "enveloped-key"};
    enum err e = E_OK;
    for (size_t i = 0; e == E_OK && i < sizeof names / sizeof names[0]; i++) {
        bool there = json_object_get(obj, names[i]) != NULL;
        if (there && r->op != OP_UNKNOWN && (op_fields(r->op) & OP_CSR) == 0)
            e = diag_set(d, E_FIELD_UNKNOWN, "%s: \"%s\" in a request to %s", where, names[i], op_name(r->op));
    }
    if (e == E_OK)
        e = request_identity_parse(obj, &r->identity, where, d);
    if (e == E_OK)
        e = request_override_parse(obj, r->override_, where, d);
    return e == E_OK ? pair_parse(obj, &r->pair, where, d) : e;
}

static enum err get_bytes(const json_t *obj, const char *name, size_t max, struct buf *out, const char *where,
                          struct diag *d)
{
    enum err e = json_get_base64(obj, name, out, where, d);
    if (e == E_OK && out->len > max)
        e = diag_set(d, E_FIELD_VALUE, "%s: %s has %zu bytes, allowed are %zu", where, name, out->len, max);
    return e;
}

/* What an electronic seal is made of: all of it, or nothing. */
static enum err get_seal(const json_t *obj, struct request *r, const char *where, struct diag *d)
{
    static const char *const names[] = {"name", "picture", "width", "height", "holder"};
    bool there = false;
    const char *name;
    enum err e = E_OK;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && e == E_OK; i++)
        e = check_field(obj, r, OP_SEAL, names[i], &there, where, d);
    if (e != E_OK || !there || r->op == OP_UNKNOWN)
        return e;
    e = json_get_string(obj, "name", &name, where, d);
    if (e == E_OK)
        buf_append_str(&r->seal.name, name);
    if (e == E_OK)
        e = get_bytes(obj, "picture", LIMIT_PICTURE_BYTES, &r->seal.picture, where, d);
    if (e == E_OK)
        e = json_get_integer(obj, "width", 1, LIMIT_ESEAL_SIDE, &r->seal.width, where, d);
    if (e == E_OK)
        e = json_get_integer(obj, "height", 1, LIMIT_ESEAL_SIDE, &r->seal.height, where, d);
    if (e == E_OK)
        e = get_bytes(obj, "holder", LIMIT_HOLDER_BYTES, &r->seal.holder, where, d);
    return e == E_OK && r->seal.name.failed ? diag_set(d, E_NO_MEMORY, "%s", where) : e;
}

/* The fields that only some ops have. */
static enum err get_op_fields(const json_t *obj, struct request *r, const char *where, struct diag *d)
{
    enum err e = get_word(obj, r, OP_PROFILE, "profile", r->profile, where, d);
    if (e == E_OK)
        e = get_serial(obj, r, where, d);
    if (e == E_OK)
        e = get_issuer(obj, r, where, d);
    if (e == E_OK)
        e = get_word(obj, r, OP_BY, "by", r->by, where, d);
    if (e == E_OK)
        e = get_word(obj, r, OP_REASON, "reason", r->reason, where, d);
    if (e == E_OK)
        e = get_word(obj, r, OP_KEY, "key", r->key, where, d);
    return e;
}

/* The id comes first, so that whatever else is wrong can be answered under it. */
static enum err get_fields(const json_t *obj, struct request *r, const char *where, struct diag *d)
{
    static const char *const keys[] = {"id",           "op",       "profile",     "serial",        "issuer",   "by",       "reason",
                                       "key",          "csr",      "name",        "picture",       "width",    "height",
                                       "holder",       "identity",   "pair",          "pair-serial",
                                       "enveloped-key", "requested-at", "evidence", "operator", "override", NULL};
    enum err e = json_get_token(obj, "id", r->id, where, d);
    if (e == E_OK)
        e = json_only(obj, keys, where, d);
    if (e == E_OK)
        e = json_get_token(obj, "op", r->op_text, where, d);
    r->op = op_by_name(r->op_text);
    if (e == E_OK)
        e = get_op_fields(obj, r, where, d);
    if (e == E_OK)
        e = json_get_time(obj, "requested-at", &r->requested_at, where, d);
    if (e == E_OK && json_object_get(obj, "operator") != NULL)
        e = json_get_token(obj, "operator", r->operator_, where, d);
    r->has_evidence = json_object_get(obj, "evidence") != NULL;
    if (e == E_OK && r->has_evidence)
        e = json_get_digest(obj, "evidence", r->evidence, where, d);
    if (e == E_OK)
        e = get_holder(obj, r, where, d);
    if (e == E_OK)
        e = get_seal(obj, r, where, d);
    return e == E_OK ? get_csr(obj, r, where, d) : e;
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

static int set_text(json_t *obj, const char *key, const char *text)
{
    return text[0] == '\0' ? 0 : json_object_set_new(obj, key, json_string(text));
}

/* An empty one stays where it has to be: the line without it would be another. */
static int set_csr(json_t *obj, const struct request *r)
{
    bool there = r->csr.len > 0 || (op_fields(r->op) & OP_CSR) != 0;
    return there ? json_set_base64(obj, "csr", &r->csr) : 0;
}

static int set_seal(json_t *obj, const struct request *r)
{
    if ((op_fields(r->op) & OP_SEAL) == 0)
        return 0;
    const char *name = r->seal.name.len > 0 ? (const char *)r->seal.name.data : ""; /* jansson takes no NULL */
    return json_object_set_new(obj, "name", json_stringn(name, r->seal.name.len)) != 0 ||
           json_set_base64(obj, "picture", &r->seal.picture) != 0 ||
           json_object_set_new(obj, "width", json_integer(r->seal.width)) != 0 ||
           json_object_set_new(obj, "height", json_integer(r->seal.height)) != 0 ||
           json_set_base64(obj, "holder", &r->seal.holder) != 0;
}

enum err request_write(const struct request *r, struct buf *out)
{
    char at[CLOCK_TEXT], evidence[DIGEST_HEX], serial[2 * SERIAL_LEN + 1];
    clock_format(r->requested_at, at);
    hex_encode(r->evidence, DIGEST_LEN, evidence);
    hex_encode(r->serial, SERIAL_LEN, serial);
    json_t *obj = json_pack("{s:s,s:s}", "id", r->id, "op", r->op_text);
    int bad = obj == NULL || set_text(obj, "profile", r->profile) != 0 ||
              set_text(obj, "serial", r->has_serial ? serial : "") != 0 ||
              set_text(obj, "issuer", r->issuer) != 0 || set_text(obj, "by", r->by) != 0 ||
              set_text(obj, "reason", r->reason) != 0 || set_text(obj, "key", r->key) != 0 ||
              set_csr(obj, r) != 0 || set_seal(obj, r) != 0 ||
              request_identity_write(&r->identity, obj) != 0 || pair_write(&r->pair, obj) != 0 ||
              set_text(obj, "requested-at", at) != 0 ||
              set_text(obj, "evidence", r->has_evidence ? evidence : "") != 0 ||
              set_text(obj, "operator", r->operator_) != 0 || set_text(obj, "override", r->override_) != 0;
    enum err e = bad ? E_NO_MEMORY : json_line_write(obj, out);
    json_decref(obj);
    return e;
}

void request_free(struct request *r)
{
    buf_free(&r->csr);
    pair_free(&r->pair);
    buf_free(&r->seal.name);
    buf_free(&r->seal.picture);
    buf_free(&r->seal.holder);
}
