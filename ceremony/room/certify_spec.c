#include "room/certify_spec.h"

#include <string.h>
#include <time.h>

static bool is_named(const struct script_step *s, const char *key)
{
    for (size_t i = 0; i < s->keys_n; i++)
        if (strcmp(s->keys[i], key) == 0)
            return true;
    return s->keys == NULL;
}

static enum err add(const struct script_step *s, const struct certify_item *item, struct certify_spec *out, struct diag *d)
{
    if (out->n == CERTIFY_MAX)
        return diag_set(d, E_SCRIPT, "step %d: more than %d certificates", s->n, CERTIFY_MAX);
    out->v[out->n++] = *item;
    return E_OK;
}

enum err certify_spec_root(const struct script_step *s, struct certify_spec *out, struct diag *d)
{
    const struct policy_key *key;
    enum err e = E_OK;
    out->n = 0;
    for (int depth = 0; depth <= POLICY_KEY_DEPTH; depth++) {
        for (size_t i = 0; (key = policy_key_at(&policy_table, i)) != NULL && e == E_OK; i++) {
            const struct policy_key *ca = policy_key_issuer(&policy_table, key);
            if (is_named(s, key->name) && policy_key_depth(&policy_table, key) == depth)
                e = add(s, &(struct certify_item){.kind = CERTIFY_ANCHOR, .subject = key, .ca = ca != NULL ? ca : key}, out, d);
        }
    }
    return e;
}

/* The last second of a year or of a day; 0 when nothing is said. The file was checked when it was read. */
static enum err read_until(const struct script_step *s, int64_t *until, struct diag *d)
{
    struct tm tm = {.tm_mon = 11, .tm_mday = 31, .tm_hour = 23, .tm_min = 59, .tm_sec = 59};
    const char *text = s->expect.until;
    *until = 0;
    if (text == NULL)
        return E_OK;
    const char *end = strptime(text, strlen(text) > 4 ? "%Y-%m-%d" : "%Y", &tm);
    if (end == NULL || *end != '\0')
        return diag_set(d, E_SCRIPT, "step %d: expect.until: \"%s\" is neither a year nor a day", s->n, text);
    *until = (int64_t)timegm(&tm);
    return E_OK;
}

/* A CA that certifies other CAs. */
static enum err find_root(const struct script_step *s, const char *name, const struct policy_key **out, struct diag *d)
{
    *out = name != NULL ? policy_key_find(&policy_table, name) : NULL;
    if (*out == NULL)
        return diag_set(d, E_SCRIPT, "step %d: the policy has no key %s", s->n, name != NULL ? name : "that signs");
    if (!policy_key_is_ca(&policy_table, *out) || policy_key_issuer(&policy_table, *out) != NULL)
        return diag_set(d, E_SCRIPT, "step %d: %s is no root", s->n, name);
    return E_OK;
}

enum err certify_spec_cross(const struct script_step *s, struct certify_spec *out, struct diag *d)
{
    struct certify_item item = {.kind = CERTIFY_CROSS};
    out->n = 0;
    enum err e = find_root(s, s->key_by, &item.ca, d);
    if (e == E_OK && s->keys_n == 0)
        e = diag_set(d, E_SCRIPT, "step %d: it names no key to certify", s->n);
    if (e == E_OK)
        e = read_until(s, &item.until, d);
    for (size_t i = 0; i < s->keys_n && e == E_OK; i++) {
        e = find_root(s, s->keys[i], &item.subject, d);
        if (e == E_OK && item.subject == item.ca)
            e = diag_set(d, E_SCRIPT, "step %d: %s certifies itself already", s->n, s->keys[i]);
        if (e == E_OK)
            e = add(s, &item, out, d);
    }
    return e;
}

enum err certify_spec_sub_ca(const struct script_step *s, const struct request_subject *request, struct certify_spec *out, struct diag *d)
{
    struct certify_item item = {.kind = CERTIFY_SUB_CA, .request = request};
    out->n = 0;
    enum err e = find_root(s, s->key_by, &item.ca, d);
    if (e == E_OK && (s->expect.subject == NULL || s->expect.until == NULL))
        e = diag_set(d, E_SCRIPT, "step %d: expect must say subject and until", s->n);
    if (e == E_OK)
        e = read_until(s, &item.until, d);
    return e == E_OK ? add(s, &item, out, d) : e;
}
