#include "ra/manifest.h"

#include <inttypes.h>
#include <string.h>

#include "batch/lists.h"
#include "batch/responses.h"
#include "core/text.h"
#include "ra/form.h"

#define WHERE "bundle.json"
#define FORMAT "rootseal-bundle-1"

const char *manifest_file_name(enum manifest_file f)
{
    static const char *const names[MANIFEST_FILES] = {[MANIFEST_CERTS] = "certs.p7b",
                                                      [MANIFEST_CHAIN] = "chain.pem",
                                                      [MANIFEST_LOG] = "log.jsonl",
                                                      [MANIFEST_RESULTS] = "results.jsonl",
                                                      [MANIFEST_SEAL] = "seal.json"};
    return names[f];
}

void manifest_entry_name(const struct manifest_list *l, char out[MANIFEST_LIST_NAME])
{
    if (l->responses)
        responses_name(l->key, l->number, out);
    else
        lists_name(l->key, l->number, out);
}

/* KEY-NUMBER and anything. */
static bool take_apart(const char *name, struct manifest_list *l)
{
    const char *hyphen = strrchr(name, '-');
    size_t n = hyphen != NULL ? (size_t)(hyphen - name) : 0;
    l->number = 0;
    l->key[0] = '\0';
    if (n == 0 || n > LIMIT_TOKEN_TEXT)
        return false;
    for (const char *c = hyphen + 1; *c >= '0' && *c <= '9' && l->number < INT64_MAX / 10 - 9; c++)
        l->number = l->number * 10 + (*c - '0');
    memcpy(l->key, name, n);
    l->key[n] = '\0';
    return l->number > 0 && text_is_token(l->key, LIMIT_TOKEN_TEXT);
}

static bool is_name_of(const char *name, const struct manifest_list *l)
{
    char again[MANIFEST_LIST_NAME];
    manifest_entry_name(l, again);
    return strcmp(name, again) == 0;
}

bool manifest_list_parse(const char *name, char key[LIMIT_TOKEN_TEXT + 1], int64_t *number)
{
    struct manifest_list l = {0};
    bool good = take_apart(name, &l) && is_name_of(name, &l);
    memcpy(key, l.key, sizeof l.key);
    *number = l.number;
    return good;
}

/* A list's name, or that of responses. */
static bool read_name(const char *name, struct manifest_list *l)
{
    if (!take_apart(name, l))
        return false;
    l->responses = !is_name_of(name, l);
    return is_name_of(name, l);
}

static enum err read_names(const json_t *obj, struct manifest *m, struct diag *d)
{
    const char *format;
    enum err e = form_text(obj, "format", LIMIT_TOKEN_TEXT, &format, WHERE, d);
    if (e == E_OK && strcmp(format, FORMAT) != 0)
        e = diag_set(d, E_BUNDLE_FORMAT, "%s: format is %s, known is %s", WHERE, format, FORMAT);
    if (e == E_OK)
        e = form_token(obj, "authority", m->authority, WHERE, d);
    if (e == E_OK)
        e = form_token(obj, "ra", m->ra, WHERE, d);
    if (e == E_OK)
        e = form_token(obj, "id", m->id, WHERE, d);
    return e;
}

static enum err read_values(const json_t *obj, struct manifest *m, struct diag *d)
{
    struct diag why = {0};
    enum err e = json_get_integer(obj, "sequence", 1, INT32_MAX, &m->sequence, WHERE, &why);
    if (e == E_OK)
        e = json_get_digest(obj, "batch", m->batch, WHERE, &why);
    if (e == E_OK)
        e = json_get_digest(obj, "plan", m->plan, WHERE, &why);
    if (e == E_OK)
        e = json_get_digest(obj, "policy", m->policy, WHERE, &why);
    if (e == E_OK)
        e = json_get_integer(obj, "issued", 0, INT32_MAX, &m->issued, WHERE, &why);
    if (e == E_OK)
        e = json_get_integer(obj, "refused", 0, INT32_MAX, &m->refused, WHERE, &why);
    if (e == E_OK)
        e = json_get_integer(obj, "status", 0, INT32_MAX, &m->status, WHERE, &why);
    if (e == E_OK)
        e = json_get_integer(obj, "lists", 0, INT32_MAX, &m->lists, WHERE, &why);
    if (e == E_OK)
        e = json_get_integer(obj, "log-first", 1, INT64_MAX, &m->log_first, WHERE, &why);
    if (e == E_OK)
        e = json_get_integer(obj, "log-last", m->log_first, INT64_MAX, &m->log_last, WHERE, &why);
    return form_code(e, &why, d);
}

/* The name and the digest of one file. */
static enum err read_file(const json_t *obj, const char **name, uint8_t digest[DIGEST_LEN], struct diag *d)
{
    static const char *const keys[] = {"name", "sha256", NULL};
    struct diag why = {0};
    if (!json_is_object(obj))
        return diag_set(d, E_BUNDLE_FORMAT, "%s: \"files\" is not a list of objects", WHERE);
    enum err e = form_keys(obj, WHERE ": files", keys, d);
    if (e == E_OK)
        e = form_text(obj, "name", MANIFEST_LIST_NAME, name, WHERE ": files", d);
    return e != E_OK ? e : form_code(json_get_digest(obj, "sha256", digest, WHERE, &why), &why, d);
}

static enum err read_files(const json_t *files, struct manifest *m, struct diag *d)
{
    const char *name = "";
    if (m->lists > MANIFEST_LISTS || !json_is_array(files) ||
        json_array_size(files) != MANIFEST_FILES + (size_t)m->lists)
        return diag_set(d, E_BUNDLE_FORMAT, "%s: \"files\" is not a list of %d and %" PRId64 " revocation lists", WHERE,
                        MANIFEST_FILES, m->lists);
    enum err e = E_OK;
    for (size_t i = 0; i < MANIFEST_FILES && e == E_OK; i++) {
        e = read_file(json_array_get(files, i), &name, m->files[i], d);
        if (e == E_OK && strcmp(name, manifest_file_name((enum manifest_file)i)) != 0)
            e = diag_set(d, E_BUNDLE_FORMAT, "%s: files: %s where %s belongs", WHERE, name,
                         manifest_file_name((enum manifest_file)i));
    }
    for (size_t i = 0; i < (size_t)m->lists && e == E_OK; i++) {
        struct manifest_list *l = &m->list[i];
        e = read_file(json_array_get(files, MANIFEST_FILES + i), &name, l->digest, d);
        if (e == E_OK && !read_name(name, l))
            e = diag_set(d, E_BUNDLE_FORMAT, "%s: files: %s is not the name of a revocation list or of responses", WHERE, name);
    }
    return e;
}

enum err manifest_parse(struct span bytes, struct manifest *out, struct diag *d)
{
    static const char *const keys[] = {"format",    "authority", "ra",     "id",     "sequence",
                                       "batch",     "plan",      "policy", "issued", "refused",
                                       "status",    "lists",     "log-first", "log-last", "files", NULL};
    json_t *obj = NULL;
    *out = (struct manifest){0};
    if (bytes.n == 0 || bytes.n > LIMIT_LINE || bytes.p[bytes.n - 1] != '\n')
        return diag_set(d, E_BUNDLE_FORMAT, "%s: not one line", WHERE);
    enum err e = form_parse((struct span){bytes.p, bytes.n - 1}, WHERE, keys, &obj, d);
    if (e == E_OK)
        e = read_names(obj, out, d);
    if (e == E_OK)
        e = read_values(obj, out, d);
    if (e == E_OK)
        e = read_files(json_object_get(obj, "files"), out, d);
    if (e != E_OK)
        *out = (struct manifest){0};
    json_decref(obj);
    return e;
}
