#include "ra/form.h"

#include <string.h>

enum err form_keys(const json_t *obj, const char *where, const char *const *keys, struct diag *d)
{
    json_t *o = (json_t *)obj; /* the iterator only reads, but is not declared so */
    void *at = json_object_iter(o);
    for (; *keys != NULL; keys++) {
        const char *key = at != NULL ? json_object_iter_key(at) : NULL;
        if (key == NULL || strcmp(key, *keys) != 0)
            return diag_set(d, E_BUNDLE_FORMAT, "%s: \"%s\" is missing or not in its place", where,
                            *keys);
        at = json_object_iter_next(o, at);
    }
    return at == NULL ? E_OK : diag_set(d, E_BUNDLE_FORMAT, "%s: a field too many", where);
}

enum err form_parse(struct span line, const char *where, const char *const *keys, json_t **out,
                    struct diag *d)
{
    *out = NULL;
    json_t *obj;
    enum err e =
        json_line_parse_canonical((const char *)line.p, line.n, where, E_BUNDLE_FORMAT, &obj, d);
    if (e == E_OK)
        e = form_keys(obj, where, keys, d);
    if (e == E_OK)
        *out = json_incref(obj);
    json_decref(obj);
    return e;
}

enum err form_text(const json_t *obj, const char *key, size_t max, const char **out,
                   const char *where, struct diag *d)
{
    struct diag why = {0};
    enum err e = json_get_string(obj, key, out, where, &why);
    if (e != E_OK)
        return form_code(e, &why, d);
    size_t n = 0;
    for (const char *s = *out; s[n] != '\0'; n++)
        if (s[n] < 0x20 || s[n] > 0x7e)
            return diag_set(d, E_BUNDLE_FORMAT, "%s: \"%s\" is not printable", where, key);
    return n <= max ? E_OK : diag_set(d, E_BUNDLE_FORMAT, "%s: \"%s\" is too long", where, key);
}

enum err form_token(const json_t *obj, const char *key, char out[LIMIT_TOKEN_TEXT + 1],
                    const char *where, struct diag *d)
{
    struct diag why = {0};
    return form_code(json_get_token(obj, key, out, where, &why), &why, d);
}

enum err form_code(enum err e, const struct diag *why, struct diag *d)
{
    if (e == E_OK)
        return E_OK;
    return diag_again(d, e == E_NO_MEMORY || e == E_CRYPTO ? e : E_BUNDLE_FORMAT, why);
}
