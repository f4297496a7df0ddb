#include "log/record.h"

#include <string.h>

#include "core/base64.h"
#include "core/clock.h"
#include "core/limits.h"
#include "core/text.h"
#include "pki/alg.h"

#define GENESIS_TEXT 64
#define TOKEN_TEXT 128 /* escaped: up to eight characters for one of the token's */
#define CLAUSE_TEXT LIMIT_CLAUSE
#define SERIAL_BYTES 20

/* -- what a field's value may be: E_OK, E_LOG_FORMAT, or E_NO_MEMORY -- */

static enum err format_unless(bool allowed)
{
    return allowed ? E_OK : E_LOG_FORMAT;
}

/* The value as a C string, or NULL when it is none. */
static const char *string_of(const json_t *v)
{
    const char *s = json_string_value(v);
    return s != NULL && strlen(s) == json_string_length(v) ? s : NULL;
}

static bool is_lower_hex(const char *s)
{
    return s[strspn(s, "0123456789abcdef")] == '\0';
}

static bool is_printable(const char *s, size_t max)
{
    size_t n = 0;
    for (; s[n] != '\0'; n++)
        if (s[n] < 0x20 || s[n] > 0x7e)
            return false;
    return n <= max;
}

static enum err check_digest(const json_t *v)
{
    const char *s = string_of(v);
    return format_unless(s != NULL && strlen(s) == 2 * DIGEST_LEN && is_lower_hex(s));
}

static enum err check_name(const json_t *v)
{
    const char *s = string_of(v);
    return format_unless(s != NULL && text_is_token(s, LIMIT_TOKEN_TEXT));
}

static enum err check_from_0(const json_t *v)
{
    return format_unless(json_is_integer(v) && json_integer_value(v) >= 0);
}

static enum err check_from_1(const json_t *v)
{
    return format_unless(json_is_integer(v) && json_integer_value(v) >= 1);
}

static enum err check_bool(const json_t *v)
{
    return format_unless(json_is_boolean(v));
}

static enum err check_base64(const json_t *v)
{
    const char *s = string_of(v);
    if (s == NULL || s[0] == '\0')
        return E_LOG_FORMAT;
    struct buf bytes = {0};
    enum err e = base64_decode(s, strlen(s), &bytes);
    buf_free(&bytes);
    return e == E_BASE64 ? E_LOG_FORMAT : e;
}

static enum err check_serial(const json_t *v)
{
    const char *s = string_of(v);
    if (s == NULL)
        return E_LOG_FORMAT;
    size_t n = strlen(s);
    return format_unless(n >= 2 && n <= 2 * SERIAL_BYTES && n % 2 == 0 && is_lower_hex(s));
}

static bool is_none(const json_t *v)
{
    const char *s = string_of(v);
    return s != NULL && s[0] == '\0';
}

static enum err check_digest_or_none(const json_t *v)
{
    return is_none(v) ? E_OK : check_digest(v);
}

static enum err check_serial_or_none(const json_t *v)
{
    return is_none(v) ? E_OK : check_serial(v);
}

static enum err check_name_or_none(const json_t *v)
{
    return is_none(v) ? E_OK : check_name(v);
}

static enum err check_status(const json_t *v)
{
    const char *s = string_of(v);
    return format_unless(s != NULL &&
                         (strcmp(s, "revoked") == 0 || strcmp(s, "held") == 0 || strcmp(s, "released") == 0));
}

static enum err check_reason_code(const json_t *v)
{
    return format_unless(json_is_integer(v) && json_integer_value(v) >= 0 &&
                         json_integer_value(v) <= REASON_CODE_MAX);
}

static enum err check_hash(const json_t *v)
{
    const char *s = string_of(v);
    enum digest_alg alg;
    return format_unless(s != NULL && digest_by_name(s, &alg));
}

static enum err check_program(const json_t *v)
{
    const char *s = string_of(v);
    return format_unless(s != NULL && s[0] != '\0' && is_printable(s, GENESIS_TEXT));
}

/* What a token says of itself is UTF-8 (PKCS#11 3.3) of the vendor's choosing; hsm_identity() escapes it. */
static enum err check_token_text(const json_t *v)
{
    const char *s = string_of(v);
    if (s == NULL || strlen(s) > TOKEN_TEXT)
        return E_LOG_FORMAT;
    const uint8_t *p = (const uint8_t *)s;
    for (size_t left = strlen(s); left > 0;) {
        uint32_t cp;
        size_t used = text_utf8_next(p, left, &cp);
        if (used == 0 || !text_is_plain(cp))
            return E_LOG_FORMAT;
        p += used;
        left -= used;
    }
    return E_OK;
}

/* CK_VERSION: two bytes as numbers. */
static enum err check_version(const json_t *v)
{
    const char *s = string_of(v);
    const size_t major = s != NULL ? strspn(s, "0123456789") : 0;
    const size_t minor = major > 0 && s[major] == '.' ? strspn(s + major + 1, "0123456789") : 0;
    return format_unless(major > 0 && major <= 3 && minor > 0 && minor <= 3 && s[major + 1 + minor] == '\0');
}

static enum err check_algorithm(const json_t *v)
{
    const char *s = string_of(v);
    enum sig_alg alg;
    return format_unless(s != NULL && alg_sig_by_name(s, &alg));
}

static enum err check_code(const json_t *v)
{
    const char *s = string_of(v);
    return format_unless(s != NULL && err_by_name(s) != E_OK);
}

static enum err check_clause(const json_t *v)
{
    const char *s = string_of(v);
    return format_unless(s != NULL && is_printable(s, CLAUSE_TEXT));
}

static enum err check_time(const json_t *v)
{
    const char *s = string_of(v);
    int64_t t;
    return format_unless(s != NULL && clock_parse(s, &t));
}

static bool type_by_name(const char *name, enum record_type *t);

static enum err check_type(const json_t *v)
{
    const char *s = string_of(v);
    enum record_type t;
    return format_unless(s != NULL && type_by_name(s, &t));
}

/* -- the tables -- */

struct field {
    const char *name;
    enum err (*check)(const json_t *v);
};

/* Every line begins with these. */
static const struct field head_fields[] = {
    {"seq", check_from_1},
    {"time", check_time},
    {"type", check_type},
    {"prev", check_digest},
    {NULL, NULL},
};

struct type {
    const char *name;
    struct field fields[14]; /* up to the first without a name */
};

static const struct type types[RECORD_TYPE_COUNT] = {
    [RECORD_GENESIS] = {"genesis",
                        {{"hash", check_hash},
                         {"program", check_program},
                         {"policy", check_digest},
                         {"token-manufacturer", check_token_text},
                         {"token-model", check_token_text},
                         {"token-serial", check_token_text},
                         {"token-label", check_token_text}}},
    [RECORD_KEYGEN] = {"keygen",
                       {{"key", check_name},
                        {"algorithm", check_algorithm},
                        {"public-key", check_base64},
                        {"sensitive", check_bool},
                        {"always-sensitive", check_bool},
                        {"never-extractable", check_bool},
                        {"local", check_bool}}},
    [RECORD_ANCHOR] = {"anchor", {{"key", check_name}, {"certificate", check_base64}}},
    [RECORD_BATCH] = {"batch",
                      {{"batch", check_digest},
                       {"intake", check_digest},
                       {"authority", check_name},
                       {"ra", check_name},
                       {"sequence", check_from_0},
                       {"requests", check_from_0}}},
    [RECORD_AUTHORISE] = {"authorise",
                          {{"plan", check_digest},
                           {"officer", check_digest},
                           {"signature", check_digest}}},
    [RECORD_PLAN] = {"plan",
                     {{"batch", check_digest},
                      {"intake", check_digest},
                      {"plan", check_digest},
                      {"policy", check_digest},
                      {"authority", check_name},
                      {"ra", check_name},
                      {"sequence", check_from_0},
                      {"issue", check_from_0},
                      {"refuse", check_from_0},
                      {"status", check_from_0},
                      {"lists", check_from_0},
                      {"program", check_program}}},
    [RECORD_SELF_TEST] = {"self-test", {{"key", check_name}}},
    [RECORD_TOKEN] = {"token",
                      {{"token-manufacturer", check_token_text},
                       {"token-model", check_token_text},
                       {"token-serial", check_token_text},
                       {"token-label", check_token_text},
                       {"token-hardware", check_version},
                       {"token-firmware", check_version},
                       {"module-manufacturer", check_token_text},
                       {"module", check_token_text},
                       {"module-version", check_version},
                       {"replaces", check_bool}}},
    [RECORD_ENDING] = {"ending",
                       {{"key", check_name},
                        {"public-key", check_digest_or_none},
                        {"private", check_bool},
                        {"public", check_bool}}},
    [RECORD_DESTROYED] = {"destroyed",
                          {{"key", check_name},
                           {"public-key", check_digest_or_none},
                           {"private", check_bool},
                           {"public", check_bool}}},
    [RECORD_TRANSFERRED] = {"transferred",
                            {{"key", check_name},
                             {"token-model", check_token_text},
                             {"token-serial", check_token_text},
                             {"challenge", check_digest},
                             {"signature", check_base64},
                             {"copy-signature", check_base64}}},
    [RECORD_ISSUED] = {"issued",
                       {{"batch", check_digest},
                        {"n", check_from_1},
                        {"authority", check_name},
                        {"profile", check_name},
                        {"key", check_name},
                        {"serial", check_serial},
                        {"certificate", check_digest},
                        {"signature", check_base64},
                        {"supersedes", check_serial_or_none}}},
    [RECORD_REVOKED] = {"revoked",
                        {{"batch", check_digest},
                         {"n", check_from_1},
                         {"authority", check_name},
                         {"key", check_name},
                         {"serial", check_serial},
                         {"status", check_status},
                         {"reason", check_name_or_none},
                         {"reason-code", check_reason_code},
                         {"asked", check_time},
                         {"late", check_bool}}},
    [RECORD_ACCEPTED] = {"accepted",
                         {{"batch", check_digest},
                          {"n", check_from_1},
                          {"authority", check_name},
                          {"key", check_name},
                          {"serial", check_serial}}},
    [RECORD_CRL] = {"crl",
                    {{"batch", check_digest},
                     {"n", check_from_1},
                     {"key", check_name},
                     {"number", check_from_1},
                     {"base", check_from_0},
                     {"entries", check_from_0},
                     {"tbs", check_digest},
                     {"signature", check_base64}}},
    [RECORD_OCSP] = {"ocsp",
                     {{"batch", check_digest},
                      {"n", check_from_1},
                      {"key", check_name},
                      {"responder", check_name},
                      {"responses", check_from_0},
                      {"digest", check_digest}}},
    [RECORD_REFUSED] = {"refused",
                        {{"batch", check_digest},
                         {"intake", check_digest},
                         {"n", check_from_0},
                         {"code", check_code},
                         {"clause", check_clause}}},
    [RECORD_SEAL] = {"seal",
                     {{"size", check_from_1},
                      {"root", check_digest},
                      {"key", check_name},
                      {"signature", check_base64}}},
    [RECORD_BUNDLE] = {"bundle", {{"batch", check_digest}, {"bundle", check_digest}}},
    [RECORD_POLICY] = {"policy", {{"policy", check_digest}}},
    [RECORD_CEREMONY] = {"ceremony",
                         {{"ceremony", check_name},
                          {"file", check_digest},
                          {"steps", check_from_1},
                          {"done", check_from_0}}},
    [RECORD_TIME] = {"time", {{"ceremony", check_name}, {"persons", check_from_1}}},
    [RECORD_STEP] = {"step", {{"ceremony", check_name}, {"step", check_from_1}, {"transcript", check_digest}}},
    [RECORD_EXCEPTION] = {"exception",
                          {{"ceremony", check_name},
                           {"step", check_from_1},
                           {"code", check_code},
                           {"reason", check_digest},
                           {"transcript", check_digest}}},
    [RECORD_CERTIFY] = {"certify",
                        {{"ceremony", check_name},
                         {"step", check_from_1},
                         {"certificates", check_from_1},
                         {"tbs", check_digest}}},
    [RECORD_CROSS] = {"cross", {{"key", check_name}, {"subject-key", check_digest}, {"certificate", check_base64}}},
    [RECORD_MINUTES] = {"minutes",
                        {{"ceremony", check_name},
                         {"minutes", check_digest},
                         {"text", check_digest},
                         {"transcript", check_digest}}},
    [RECORD_RECOVERY] = {"recovery", {{"torn", check_from_1}, {"digest", check_digest}}},
};

const char *record_type_name(enum record_type t)
{
    return (unsigned)t < RECORD_TYPE_COUNT ? types[t].name : "unknown";
}

static bool type_by_name(const char *name, enum record_type *t)
{
    for (int i = 0; i < RECORD_TYPE_COUNT; i++)
        if (strcmp(types[i].name, name) == 0) {
            *t = (enum record_type)i;
            return true;
        }
    *t = RECORD_TYPE_COUNT;
    return false;
}

/* Walk along obj from *at, which must have these fields next, and leave *at behind them. */
static enum err check_fields(json_t *obj, void **at, const struct field *fields, const char *type,
                             struct diag *d)
{
    for (const struct field *f = fields; f->name != NULL; f++) {
        const char *key = *at == NULL ? NULL : json_object_iter_key(*at);
        if (key == NULL || strcmp(key, f->name) != 0)
            return diag_set(d, E_LOG_FORMAT, "%s line: the field %s is missing or out of its place",
                            type, f->name);
        enum err e = f->check(json_object_iter_value(*at));
        if (e != E_OK)
            return diag_set(d, e, "%s line: the value of the field %s is not allowed", type,
                            f->name);
        *at = json_object_iter_next(obj, *at);
    }
    return E_OK;
}

static enum err check_type_fields(json_t *obj, void *at, enum record_type type, struct diag *d)
{
    const char *name = record_type_name(type);
    enum err e = check_fields(obj, &at, types[type].fields, name, d);
    if (e == E_OK && at != NULL)
        e = diag_set(d, E_LOG_FORMAT, "%s line: a field too many", name);
    return e;
}

enum err record_parse(struct span line, struct record *out, struct diag *d)
{
    *out = (struct record){0};
    if (line.n > LIMIT_LOG_LINE)
        return diag_set(d, E_LOG_FORMAT, "longer than %d bytes", LIMIT_LOG_LINE);
    json_t *obj = NULL;
    enum err e =
        json_line_parse_canonical((const char *)line.p, line.n, "log line", E_LOG_FORMAT, &obj, d);
    if (e != E_OK)
        goto out;
    void *at = json_object_iter(obj);
    e = check_fields(obj, &at, head_fields, "log", d);
    if (e != E_OK)
        goto out;
    enum record_type type;
    if (!type_by_name(json_string_value(json_object_get(obj, "type")), &type)) {
        e = diag_set(d, E_LOG_FORMAT, "unknown type");
        goto out;
    }
    e = check_type_fields(obj, at, type, d);
    if (e != E_OK)
        goto out;
    out->seq = (uint64_t)json_integer_value(json_object_get(obj, "seq"));
    out->type = type;
    /* Both were proven above. */
    (void)clock_parse(json_string_value(json_object_get(obj, "time")), &out->time);
    (void)hex_decode(json_string_value(json_object_get(obj, "prev")), out->prev, DIGEST_LEN);
    out->obj = obj;
    obj = NULL;
out:
    json_decref(obj);
    return e;
}

/* The object of a whole line. NULL when memory is used up. */
static json_t *line_object(uint64_t seq, int64_t time, enum record_type type,
                           const uint8_t prev[DIGEST_LEN], json_t *fields)
{
    char when[CLOCK_TEXT];
    char hex[DIGEST_HEX];
    clock_format(time, when);
    hex_encode(prev, DIGEST_LEN, hex);
    json_t *obj = json_pack("{s:I, s:s, s:s, s:s}", "seq", (json_int_t)seq, "time", when, "type",
                            record_type_name(type), "prev", hex);
    if (obj != NULL && json_object_update(obj, fields) != 0) {
        json_decref(obj);
        obj = NULL;
    }
    return obj;
}

enum err record_write(uint64_t seq, int64_t time, enum record_type type,
                      const uint8_t prev[DIGEST_LEN], json_t *fields, struct buf *out,
                      struct diag *d)
{
    json_t *obj = NULL;
    size_t before = out->len;
    enum err e = E_OK;
    if (fields == NULL)
        return diag_set(d, E_NO_MEMORY, "%s line", record_type_name(type));
    char when[CLOCK_TEXT];
    clock_format(time, when);
    if (seq == 0 || seq > INT64_MAX || when[0] == '\0' || (unsigned)type >= RECORD_TYPE_COUNT) {
        e = diag_set(d, E_LOG_FORMAT, "%s line: number, time or type out of range",
                     record_type_name(type));
        goto out;
    }
    e = check_type_fields(fields, json_object_iter(fields), type, d);
    if (e != E_OK)
        goto out;
    obj = line_object(seq, time, type, prev, fields);
    if (obj == NULL) {
        e = diag_set(d, E_NO_MEMORY, "%s line", record_type_name(type));
        goto out;
    }
    e = json_line_write(obj, out);
    if (e != E_OK)
        e = diag_set(d, e, "%s line", record_type_name(type));
    else if (out->len - before > LIMIT_LOG_LINE)
        e = diag_set(d, E_LOG_FORMAT, "%s line: longer than %d bytes", record_type_name(type),
                     LIMIT_LOG_LINE);
    if (e != E_OK)
        out->len = before;
out:
    json_decref(obj);
    json_decref(fields);
    return e;
}

void record_free(struct record *r)
{
    json_decref(r->obj);
    *r = (struct record){0};
}

bool record_is_outcome(const struct record *r)
{
    switch (r->type) {
    case RECORD_ISSUED:
    case RECORD_REVOKED:
    case RECORD_ACCEPTED:
    case RECORD_CRL:
    case RECORD_OCSP:
        return true;
    default:
        return r->type == RECORD_REFUSED && record_number(r, "n") > 0;
    }
}

const char *record_text(const struct record *r, const char *key)
{
    const char *s = string_of(json_object_get(r->obj, key));
    return s != NULL ? s : "";
}

int64_t record_number(const struct record *r, const char *key)
{
    return json_integer_value(json_object_get(r->obj, key));
}

enum err record_digest(const struct record *r, const char *key, uint8_t out[DIGEST_LEN])
{
    memset(out, 0, DIGEST_LEN);
    if (check_digest(json_object_get(r->obj, key)) != E_OK)
        return E_LOG_FORMAT;
    return format_unless(hex_decode(record_text(r, key), out, DIGEST_LEN));
}
