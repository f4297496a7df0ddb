#include "batch/request_identity.h"

#include <string.h>

#include "core/text.h"

static enum err take_field(const char *name, const json_t *value, struct identity *out, const char *where, struct diag *d)
{
    enum policy_identity field;
    const char *text = json_string_value(value);
    if (!policy_identity_by_name(name, &field))
        return diag_set(d, E_FIELD_UNKNOWN, "%s: identity: \"%s\"", where, name);
    if (text == NULL || text[0] == '\0' || strlen(text) > LIMIT_IDENTITY_TEXT)
        return diag_set(d, E_FIELD_VALUE, "%s: identity: %s is not a text of 1 to %d bytes", where, name,
                        LIMIT_IDENTITY_TEXT);
    snprintf(out->value[field], sizeof out->value[field], "%s", text);
    return E_OK;
}

enum err request_identity_parse(const json_t *line, struct identity *out, const char *where, struct diag *d)
{
    json_t *fields = json_object_get(line, "identity"), *value;
    const char *name;
    enum err e = E_OK;
    *out = (struct identity){0};
    if (fields == NULL)
        return E_OK;
    if (!json_is_object(fields) || json_object_size(fields) == 0)
        return diag_set(d, E_FIELD_VALUE, "%s: \"identity\" is not an object with a field", where);
    json_object_foreach(fields, name, value)
        if (e == E_OK)
            e = take_field(name, value, out, where, d);
    return e;
}

int request_identity_write(const struct identity *i, json_t *line)
{
    json_t *fields = json_object();
    int bad = fields == NULL ? -1 : 0;
    for (enum policy_identity f = 0; bad == 0 && f < POLICY_IDENTITY_COUNT; f++)
        if (i->value[f][0] != '\0')
            bad = json_object_set_new(fields, policy_identity_name(f), json_string(i->value[f]));
    if (bad == 0 && json_object_size(fields) > 0)
        bad = json_object_set(line, "identity", fields);
    json_decref(fields);
    return bad;
}

/* Plain characters, at most as many as allowed. */
static bool is_reason(const char *s)
{
    const uint8_t *p = (const uint8_t *)s;
    size_t n = strlen(s), count = 0;
    while (n > 0) {
        uint32_t cp;
        size_t step = text_utf8_next(p, n, &cp);
        if (step == 0 || !text_is_plain(cp))
            return false;
        count++;
        p += step;
        n -= step;
    }
    return count >= 1 && count <= LIMIT_OVERRIDE_TEXT;
}

enum err request_override_parse(const json_t *line, char out[4 * LIMIT_OVERRIDE_TEXT + 1], const char *where,
                                struct diag *d)
{
    const char *text = "";
    out[0] = '\0';
    if (json_object_get(line, "override") == NULL)
        return E_OK;
    enum err e = json_get_string(line, "override", &text, where, d);
    if (e == E_OK && !is_reason(text))
        e = diag_set(d, E_FIELD_VALUE, "%s: \"override\" is not plain text of 1 to %d characters", where,
                     LIMIT_OVERRIDE_TEXT);
    if (e == E_OK)
        snprintf(out, 4 * LIMIT_OVERRIDE_TEXT + 1, "%s", text);
    return e;
}
