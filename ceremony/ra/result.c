#include "ra/result.h"

#include <string.h>

#include "core/text.h"

#define IGNORED_TEXT 200
#define FILE_TEXT (LIMIT_TOKEN_TEXT + 32)

static const char *const words[PLAN_ACTS] = {
    [PLAN_REFUSE] = "refused",   [PLAN_ISSUE] = "issued",    [PLAN_REVOKE] = "revoked", [PLAN_HOLD] = "held",
    [PLAN_RELEASE] = "released", [PLAN_ACCEPT] = "accepted", [PLAN_CRL] = "crl",
    [PLAN_OCSP] = "ocsp"};

const char *result_word(enum plan_act act)
{
    return words[act];
}

static enum err read_common(struct result *r, const char *where, struct diag *d)
{
    struct diag why = {0};
    enum err e = json_get_integer(r->obj, "n", 1, INT32_MAX, &r->n, where, &why);
    if (e == E_OK)
        e = json_get_integer(r->obj, "log", 1, INT64_MAX, &r->log, where, &why);
    if (e != E_OK)
        return form_code(e, &why, d);
    e = form_text(r->obj, "id", LIMIT_TOKEN_TEXT, &r->id, where, d);
    if (e == E_OK && r->id[0] != '\0' && !text_is_token(r->id, LIMIT_TOKEN_TEXT))
        e = diag_set(d, E_BUNDLE_FORMAT, "%s: \"id\" is not a plain name", where);
    return e != E_OK ? e : form_text(r->obj, "clause", LIMIT_CLAUSE, &r->clause, where, d);
}

/* Of an encrypting certificate. */
static enum err read_pair(struct result *r, const char *where, struct diag *d)
{
    struct diag why = {0};
    enum err e = form_text(r->obj, "pair", LIMIT_TOKEN_TEXT, &r->pair, where, d);
    return e != E_OK ? e : form_code(json_get_base64(r->obj, "enveloped-key", &r->enveloped_key, where, &why), &why, d);
}

static enum err read_issued(struct result *r, const char *where, struct diag *d)
{
    struct diag why = {0};
    enum err e = form_text(r->obj, "profile", LIMIT_TOKEN_TEXT, &r->profile, where, d);
    if (e == E_OK)
        e = form_text(r->obj, "serial", LIMIT_TOKEN_TEXT, &r->serial, where, d);
    if (e == E_OK)
        e = form_text(r->obj, "supersedes", LIMIT_TOKEN_TEXT, &r->supersedes, where, d);
    if (e == E_OK)
        e = form_text(r->obj, "ignored", IGNORED_TEXT, &r->ignored, where, d);
    if (e == E_OK && json_object_get(r->obj, "pair") != NULL)
        e = read_pair(r, where, d);
    if (e != E_OK)
        return e;
    e = json_object_get(r->obj, "seal") != NULL ? json_get_base64(r->obj, "seal", &r->seal, where, &why)
                                                : json_get_base64(r->obj, "certificate", &r->cert, where, &why);
    return form_code(e, &why, d);
}

static enum err read_refused(struct result *r, const char *where, struct diag *d)
{
    const char *code;
    enum err e = form_text(r->obj, "detail", DIAG_TEXT_MAX, &r->detail, where, d);
    if (e == E_OK)
        e = form_text(r->obj, "code", LIMIT_TOKEN_TEXT, &code, where, d);
    if (e != E_OK)
        return e;
    r->code = err_by_name(code);
    return r->code != E_OK ? E_OK : diag_set(d, E_BUNDLE_FORMAT, "%s: \"code\" is not in the table", where);
}

static enum err read_status(struct result *r, const char *where, struct diag *d)
{
    struct diag why = {0};
    enum err e = form_text(r->obj, "serial", LIMIT_TOKEN_TEXT, &r->serial, where, d);
    if (e != E_OK || r->act == PLAN_ACCEPT)
        return e;
    const json_t *late = json_object_get(r->obj, "late");
    if (!json_is_boolean(late))
        return diag_set(d, E_BUNDLE_FORMAT, "%s: \"late\" is neither true nor false", where);
    r->late = json_is_true(late);
    e = form_text(r->obj, "reason", LIMIT_TOKEN_TEXT, &r->reason, where, d);
    return e != E_OK ? e
                     : form_code(json_get_integer(r->obj, "reason-code", 0, REASON_CODE_MAX, &r->reason_code, where, &why),
                                 &why, d);
}

static enum err read_list(struct result *r, const char *where, struct diag *d)
{
    struct diag why = {0};
    enum err e = form_text(r->obj, "key", LIMIT_TOKEN_TEXT, &r->key, where, d);
    if (e == E_OK)
        e = form_text(r->obj, "file", FILE_TEXT, &r->file, where, d);
    if (e != E_OK)
        return e;
    e = json_get_integer(r->obj, "number", 1, INT64_MAX, &r->number, where, &why);
    if (e == E_OK)
        e = json_get_integer(r->obj, "base", 0, INT64_MAX, &r->base, where, &why);
    if (e == E_OK)
        e = json_get_integer(r->obj, "entries", 0, INT64_MAX, &r->entries, where, &why);
    if (e == E_OK)
        e = json_get_time(r->obj, "next-update", &r->next_update, where, &why);
    return form_code(e, &why, d);
}

static enum err read_responses(struct result *r, const char *where, struct diag *d)
{
    struct diag why = {0};
    enum err e = form_text(r->obj, "key", LIMIT_TOKEN_TEXT, &r->key, where, d);
    if (e == E_OK)
        e = form_text(r->obj, "responder", LIMIT_TOKEN_TEXT, &r->responder, where, d);
    if (e == E_OK)
        e = form_text(r->obj, "file", FILE_TEXT, &r->file, where, d);
    if (e != E_OK)
        return e;
    e = json_get_integer(r->obj, "responses", 0, INT64_MAX, &r->entries, where, &why);
    if (e == E_OK)
        e = json_get_time(r->obj, "next-update", &r->next_update, where, &why);
    return form_code(e, &why, d);
}

static enum err read_fields(struct result *r, const char *where, struct diag *d)
{
    switch (r->act) {
    case PLAN_REFUSE:
        return read_refused(r, where, d);
    case PLAN_ISSUE:
        return read_issued(r, where, d);
    case PLAN_CRL:
        return read_list(r, where, d);
    case PLAN_OCSP:
        return read_responses(r, where, d);
    default:
        return read_status(r, where, d);
    }
}

/* The fields that a line of this kind has, and no others, in this order. */
static const char *const *keys_of(const struct result *r)
{
    static const char *const refused[] = {"n", "id", "decision", "code", "clause", "detail", "log", NULL};
    static const char *const issued[] = {"n",          "id",      "decision", "clause",      "profile", "serial",
                                         "supersedes", "ignored", "log",      "certificate", NULL};
    static const char *const paired[] = {"n",       "id",  "decision",    "clause", "profile",       "serial", "supersedes",
                                         "ignored", "log", "certificate", "pair",   "enveloped-key", NULL};
    static const char *const sealed[] = {"n",          "id",      "decision", "clause", "profile", "serial",
                                         "supersedes", "ignored", "log",      "seal",   NULL};
    static const char *const accepted[] = {"n", "id", "decision", "clause", "serial", "log", NULL};
    static const char *const status[] = {"n",      "id",          "decision", "clause", "serial",
                                         "reason", "reason-code", "late",     "log",    NULL};
    static const char *const list[] = {"n",    "id",          "decision", "clause", "key", "number",
                                       "base", "next-update", "entries",  "file",   "log", NULL};
    static const char *const responses[] = {"n",           "id",        "decision", "clause", "key", "responder",
                                            "next-update", "responses", "file",     "log",    NULL};
    static const char *const *const keys[PLAN_ACTS] = {
        [PLAN_REFUSE] = refused, [PLAN_REVOKE] = status, [PLAN_HOLD] = status,
        [PLAN_RELEASE] = status, [PLAN_ACCEPT] = accepted, [PLAN_CRL] = list,
        [PLAN_OCSP] = responses};
    if (r->act != PLAN_ISSUE)
        return keys[r->act];
    return json_object_get(r->obj, "pair") != NULL ? paired : json_object_get(r->obj, "seal") != NULL ? sealed : issued;
}

static enum err read_line(struct result *r, const char *where, struct diag *d)
{
    const char *decision;
    enum err e = form_text(r->obj, "decision", LIMIT_TOKEN_TEXT, &decision, where, d);
    int act = 0;
    while (e == E_OK && act < PLAN_ACTS && strcmp(decision, words[act]) != 0)
        act++;
    if (e == E_OK && act == PLAN_ACTS)
        e = diag_set(d, E_BUNDLE_FORMAT, "%s: \"decision\" is not known", where);
    if (e != E_OK)
        return e;
    r->act = (enum plan_act)act;
    e = form_keys(r->obj, where, keys_of(r), d);
    if (e == E_OK)
        e = read_common(r, where, d);
    return e != E_OK ? e : read_fields(r, where, d);
}

enum err result_parse(struct span line, uint64_t number, struct result *out, struct diag *d)
{
    char where[48];
    *out = (struct result){0};
    snprintf(where, sizeof where, "results.jsonl line %llu", (unsigned long long)number);
    if (line.n > LIMIT_LINE)
        return diag_set(d, E_BUNDLE_FORMAT, "%s: longer than %d bytes", where, LIMIT_LINE);
    enum err e = json_line_parse_canonical((const char *)line.p, line.n, where, E_BUNDLE_FORMAT, &out->obj, d);
    if (e == E_OK)
        e = read_line(out, where, d);
    if (e != E_OK)
        result_free(out);
    return e;
}

void result_free(struct result *r)
{
    json_decref(r->obj);
    buf_free(&r->cert);
    buf_free(&r->seal);
    buf_free(&r->enveloped_key);
    *r = (struct result){0};
}
