#include "ra/result.h"

#include <string.h>

#include "core/text.h"

#define CLAUSE_TEXT 200
#define IGNORED_TEXT 200

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
    return e != E_OK ? e : form_text(r->obj, "clause", CLAUSE_TEXT, &r->clause, where, d);
}

static enum err read_issued(struct result *r, const char *where, struct diag *d)
{
    static const char *const one[] = {"n",      "id",         "decision", "clause", "profile",
                                      "serial", "supersedes", "ignored",  "log",    "certificate", NULL};
    static const char *const two[] = {"n",          "id",      "decision", "clause",      "profile", "serial",
                                      "supersedes", "ignored", "log",      "certificate", "pair",    "enveloped-key",
                                      NULL};
    struct diag why = {0};
    bool paired = json_object_get(r->obj, "pair") != NULL;
    enum err e = form_keys(r->obj, where, paired ? two : one, d);
    if (e == E_OK && paired)
        e = form_text(r->obj, "pair", LIMIT_TOKEN_TEXT, &r->pair, where, d);
    if (e == E_OK && paired)
        e = form_code(json_get_base64(r->obj, "enveloped-key", &r->enveloped_key, where, &why), &why, d);
    if (e == E_OK)
        e = read_common(r, where, d);
    if (e == E_OK)
        e = form_text(r->obj, "profile", LIMIT_TOKEN_TEXT, &r->profile, where, d);
    if (e == E_OK)
        e = form_text(r->obj, "serial", LIMIT_TOKEN_TEXT, &r->serial, where, d);
    if (e == E_OK)
        e = form_text(r->obj, "ignored", IGNORED_TEXT, &r->ignored, where, d);
    return e != E_OK
               ? e
               : form_code(json_get_base64(r->obj, "certificate", &r->cert, where, &why), &why, d);
}

static enum err read_refused(struct result *r, const char *where, struct diag *d)
{
    static const char *const keys[] = {"n",      "id",     "decision", "code",
                                       "clause", "detail", "log",      NULL};
    const char *code;
    enum err e = form_keys(r->obj, where, keys, d);
    if (e == E_OK)
        e = read_common(r, where, d);
    if (e == E_OK)
        e = form_text(r->obj, "detail", DIAG_TEXT_MAX, &r->detail, where, d);
    if (e == E_OK)
        e = form_text(r->obj, "code", LIMIT_TOKEN_TEXT, &code, where, d);
    if (e != E_OK)
        return e;
    r->code = err_by_name(code);
    return r->code != E_OK
               ? E_OK
               : diag_set(d, E_BUNDLE_FORMAT, "%s: \"code\" is not in the table", where);
}

enum err result_parse(struct span line, uint64_t number, struct result *out, struct diag *d)
{
    char where[48];
    const char *decision;
    *out = (struct result){0};
    snprintf(where, sizeof where, "results.jsonl line %llu", (unsigned long long)number);
    if (line.n > LIMIT_LINE)
        return diag_set(d, E_BUNDLE_FORMAT, "%s: longer than %d bytes", where, LIMIT_LINE);
    enum err e = json_line_parse_canonical((const char *)line.p, line.n, where, E_BUNDLE_FORMAT,
                                           &out->obj, d);
    if (e == E_OK)
        e = form_text(out->obj, "decision", LIMIT_TOKEN_TEXT, &decision, where, d);
    if (e == E_OK) {
        out->issued = strcmp(decision, "issued") == 0;
        if (!out->issued && strcmp(decision, "refused") != 0)
            e = diag_set(d, E_BUNDLE_FORMAT, "%s: \"decision\" is neither issued nor refused",
                         where);
        else
            e = out->issued ? read_issued(out, where, d) : read_refused(out, where, d);
    }
    if (e != E_OK)
        result_free(out);
    return e;
}

void result_free(struct result *r)
{
    json_decref(r->obj);
    buf_free(&r->cert);
    buf_free(&r->enveloped_key);
    *r = (struct result){0};
}
