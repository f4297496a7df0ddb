#include "log/record_types.h"

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

const char *record_string(const json_t *v)
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

enum err record_check_digest(const json_t *v)
{
    const char *s = record_string(v);
    return format_unless(s != NULL && strlen(s) == 2 * DIGEST_LEN && is_lower_hex(s));
}

static enum err check_name(const json_t *v)
{
    const char *s = record_string(v);
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
    const char *s = record_string(v);
    if (s == NULL || s[0] == '\0')
        return E_LOG_FORMAT;
    struct buf bytes = {0};
    enum err e = base64_decode(s, strlen(s), &bytes);
    buf_free(&bytes);
    return e == E_BASE64 ? E_LOG_FORMAT : e;
}

static enum err check_serial(const json_t *v)
{
    const char *s = record_string(v);
    if (s == NULL)
        return E_LOG_FORMAT;
    size_t n = strlen(s);
    return format_unless(n >= 2 && n <= 2 * SERIAL_BYTES && n % 2 == 0 && is_lower_hex(s));
}

static bool is_none(const json_t *v)
{
    const char *s = record_string(v);
    return s != NULL && s[0] == '\0';
}

static enum err check_digest_or_none(const json_t *v)
{
    return is_none(v) ? E_OK : record_check_digest(v);
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
    const char *s = record_string(v);
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
    const char *s = record_string(v);
    enum digest_alg alg;
    return format_unless(s != NULL && digest_by_name(s, &alg));
}

static enum err check_program(const json_t *v)
{
    const char *s = record_string(v);
    return format_unless(s != NULL && s[0] != '\0' && is_printable(s, GENESIS_TEXT));
}

/* What a token says of itself is UTF-8 (PKCS#11 3.3) of the vendor's choosing; hsm_identity() escapes it. */
static enum err check_token_text(const json_t *v)
{
    const char *s = record_string(v);
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
    const char *s = record_string(v);
    const size_t major = s != NULL ? strspn(s, "0123456789") : 0;
    const size_t minor = major > 0 && s[major] == '.' ? strspn(s + major + 1, "0123456789") : 0;
    return format_unless(major > 0 && major <= 3 && minor > 0 && minor <= 3 && s[major + 1 + minor] == '\0');
}

static enum err check_algorithm(const json_t *v)
{
    const char *s = record_string(v);
    enum sig_alg alg;
    return format_unless(s != NULL && alg_sig_by_name(s, &alg));
}

static enum err check_code(const json_t *v)
{
    const char *s = record_string(v);
    return format_unless(s != NULL && err_by_name(s) != E_OK);
}

static enum err check_clause(const json_t *v)
{
    const char *s = record_string(v);
    return format_unless(s != NULL && is_printable(s, CLAUSE_TEXT));
}

static enum err check_time(const json_t *v)
{
    const char *s = record_string(v);
    int64_t t;
    return format_unless(s != NULL && clock_parse(s, &t));
}

static enum err check_type(const json_t *v)
{
    const char *s = record_string(v);
    enum record_type t;
    return format_unless(s != NULL && record_type_by_name(s, &t));
}

/* -- the tables -- */

const struct record_field record_head[] = {
    {"seq", check_from_1},
    {"time", check_time},
    {"type", check_type},
    {"prev", record_check_digest},
    {NULL, NULL},
};

struct type {
    const char *name;
    struct record_field fields[14]; /* up to the first without a name */
};

/* What a token says of itself; and what it has, or had, of a key at its end. */
#define TOKEN_FIELDS                                                                                                       \
    {"token-manufacturer", check_token_text}, {"token-model", check_token_text}, {"token-serial", check_token_text},       \
        {"token-label", check_token_text}
#define END_FIELDS {"key", check_name}, {"public-key", check_digest_or_none}, {"private", check_bool}, {"public", check_bool}

static const struct type types[RECORD_TYPE_COUNT] = {
    [RECORD_GENESIS] = {"genesis",
                        {{"hash", check_hash},
                         {"program", check_program},
                         {"policy", record_check_digest},
                         TOKEN_FIELDS}},
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
                      {{"batch", record_check_digest},
                       {"intake", record_check_digest},
                       {"authority", check_name},
                       {"ra", check_name},
                       {"sequence", check_from_0},
                       {"requests", check_from_0}}},
    [RECORD_AUTHORISE] = {"authorise",
                          {{"plan", record_check_digest},
                           {"officer", record_check_digest},
                           {"signature", record_check_digest}}},
    [RECORD_PLAN] = {"plan",
                     {{"batch", record_check_digest},
                      {"intake", record_check_digest},
                      {"plan", record_check_digest},
                      {"policy", record_check_digest},
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
                      {TOKEN_FIELDS,
                       {"token-hardware", check_version},
                       {"token-firmware", check_version},
                       {"module-manufacturer", check_token_text},
                       {"module", check_token_text},
                       {"module-version", check_version},
                       {"replaces", check_bool}}},
    [RECORD_ENDING] = {"ending",
                       {END_FIELDS}},
    [RECORD_DESTROYED] = {"destroyed",
                          {END_FIELDS}},
    [RECORD_TRANSFERRED] = {"transferred",
                            {{"key", check_name},
                             {"token-model", check_token_text},
                             {"token-serial", check_token_text},
                             {"challenge", record_check_digest},
                             {"signature", check_base64},
                             {"copy-signature", check_base64}}},
    [RECORD_ISSUED] = {"issued",
                       {{"batch", record_check_digest},
                        {"n", check_from_1},
                        {"authority", check_name},
                        {"profile", check_name},
                        {"key", check_name},
                        {"serial", check_serial},
                        {"certificate", record_check_digest},
                        {"signature", check_base64},
                        {"supersedes", check_serial_or_none}}},
    [RECORD_REVOKED] = {"revoked",
                        {{"batch", record_check_digest},
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
                         {{"batch", record_check_digest},
                          {"n", check_from_1},
                          {"authority", check_name},
                          {"key", check_name},
                          {"serial", check_serial}}},
    [RECORD_CRL] = {"crl",
                    {{"batch", record_check_digest},
                     {"n", check_from_1},
                     {"key", check_name},
                     {"number", check_from_1},
                     {"base", check_from_0},
                     {"entries", check_from_0},
                     {"tbs", record_check_digest},
                     {"signature", check_base64}}},
    [RECORD_OCSP] = {"ocsp",
                     {{"batch", record_check_digest},
                      {"n", check_from_1},
                      {"key", check_name},
                      {"responder", check_name},
                      {"responses", check_from_0},
                      {"digest", record_check_digest}}},
    [RECORD_REFUSED] = {"refused",
                        {{"batch", record_check_digest},
                         {"intake", record_check_digest},
                         {"n", check_from_0},
                         {"code", check_code},
                         {"clause", check_clause}}},
    [RECORD_SEAL] = {"seal",
                     {{"size", check_from_1},
                      {"root", record_check_digest},
                      {"key", check_name},
                      {"signature", check_base64}}},
    [RECORD_BUNDLE] = {"bundle", {{"batch", record_check_digest}, {"bundle", record_check_digest}}},
    [RECORD_POLICY] = {"policy", {{"policy", record_check_digest}}},
    [RECORD_CEREMONY] = {"ceremony",
                         {{"ceremony", check_name},
                          {"file", record_check_digest},
                          {"steps", check_from_1},
                          {"done", check_from_0}}},
    [RECORD_TIME] = {"time", {{"ceremony", check_name}, {"persons", check_from_1}}},
    [RECORD_STEP] = {"step", {{"ceremony", check_name}, {"step", check_from_1}, {"transcript", record_check_digest}}},
    [RECORD_EXCEPTION] = {"exception",
                          {{"ceremony", check_name},
                           {"step", check_from_1},
                           {"code", check_code},
                           {"reason", record_check_digest},
                           {"transcript", record_check_digest}}},
    [RECORD_CERTIFY] = {"certify",
                        {{"ceremony", check_name},
                         {"step", check_from_1},
                         {"certificates", check_from_1},
                         {"tbs", record_check_digest}}},
    [RECORD_CROSS] = {"cross", {{"key", check_name}, {"subject-key", record_check_digest}, {"certificate", check_base64}}},
    [RECORD_MINUTES] = {"minutes",
                        {{"ceremony", check_name},
                         {"minutes", record_check_digest},
                         {"text", record_check_digest},
                         {"transcript", record_check_digest}}},
    [RECORD_RECOVERY] = {"recovery", {{"torn", check_from_1}, {"digest", record_check_digest}}},
};

const char *record_type_name(enum record_type t)
{
    return (unsigned)t < RECORD_TYPE_COUNT ? types[t].name : "unknown";
}

bool record_type_by_name(const char *name, enum record_type *t)
{
    for (int i = 0; i < RECORD_TYPE_COUNT; i++)
        if (strcmp(types[i].name, name) == 0) {
            *t = (enum record_type)i;
            return true;
        }
    *t = RECORD_TYPE_COUNT;
    return false;
}

const struct record_field *record_fields(enum record_type t)
{
    return types[t].fields;
}
