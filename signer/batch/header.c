#include "batch/header.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/file.h"
#include "core/i18n.h"

#define WHERE "batch.jsonl line 1"

static enum err get_optional_digest(const json_t *obj, const char *key, uint8_t out[DIGEST_LEN], bool *has,
                                    struct diag *d)
{
    *has = json_object_get(obj, key) != NULL;
    return *has ? json_get_digest(obj, key, out, WHERE, d) : E_OK;
}

static enum err get_fields(const json_t *obj, struct batch_header *h, struct diag *d)
{
    static const char *const keys[] = {"format", "authority", "ra",    "batch",  "sequence", "created",
                                       "valid-until", "count", "policy", "previous", NULL};
    const char *format;
    enum err e = json_get_string(obj, "format", &format, WHERE, d);
    if (e == E_OK && strcmp(format, BATCH_FORMAT) != 0)
        e = diag_set(d, E_FIELD_VALUE, "%s: format is %s, known is %s", WHERE, format, BATCH_FORMAT);
    if (e == E_OK)
        e = json_only(obj, keys, WHERE, d);
    if (e == E_OK)
        e = json_get_token(obj, "authority", h->authority, WHERE, d);
    if (e == E_OK)
        e = json_get_token(obj, "ra", h->ra, WHERE, d);
    if (e == E_OK)
        e = json_get_token(obj, "batch", h->id, WHERE, d);
    if (e == E_OK)
        e = json_get_integer(obj, "sequence", 1, INT32_MAX, &h->sequence, WHERE, d);
    if (e == E_OK)
        e = json_get_time(obj, "created", &h->created, WHERE, d);
    if (e == E_OK)
        e = json_get_time(obj, "valid-until", &h->valid_until, WHERE, d);
    if (e == E_OK)
        e = json_get_integer(obj, "count", 0, INT32_MAX, &h->count, WHERE, d);
    if (e == E_OK)
        e = get_optional_digest(obj, "policy", h->policy, &h->has_policy, d);
    if (e == E_OK)
        e = get_optional_digest(obj, "previous", h->previous, &h->has_previous, d);
    return e;
}

enum err header_parse(struct span line, struct batch_header *out, struct diag *d)
{
    json_t *obj;
    *out = (struct batch_header){0};
    enum err e = json_line_parse((const char *)line.p, line.n, WHERE, &obj, d);
    if (e == E_OK)
        e = get_fields(obj, out, d);
    json_decref(obj);
    return e;
}

enum err header_read(int dir_fd, struct batch_header *out, struct diag *d)
{
    struct json_lines lines = {.line_max = LIMIT_LINE};
    bool more = false;
    *out = (struct batch_header){0};
    int file = file_open_beneath(dir_fd, BATCH_FILE, O_RDONLY | O_NONBLOCK, 0);
    if (file < 0)
        return diag_set(d, E_ARCHIVE, "%s: %s", BATCH_FILE, strerror(errno));
    lines.f = fdopen(file, "r");
    if (lines.f == NULL) {
        close(file);
        return diag_set(d, E_NO_MEMORY, BATCH_FILE);
    }
    enum err e = json_lines_next(&lines, &more, NULL);
    if (e == E_OK)
        e = header_parse(buf_span(&lines.line), out, d);
    else
        e = diag_set(d, e, "%s line 1", BATCH_FILE);
    json_lines_free(&lines);
    fclose(lines.f);
    return e;
}

enum err header_write(const struct batch_header *h, struct buf *out)
{
    char created[CLOCK_TEXT], until[CLOCK_TEXT], hex[DIGEST_HEX];
    clock_format(h->created, created);
    clock_format(h->valid_until, until);
    json_t *obj = json_pack("{s:s,s:s,s:s,s:s,s:I,s:s,s:s,s:I}", "format", BATCH_FORMAT, "authority", h->authority,
                            "ra", h->ra, "batch", h->id, "sequence", (json_int_t)h->sequence, "created", created,
                            "valid-until", until, "count", (json_int_t)h->count);
    int bad = obj == NULL;
    hex_encode(h->policy, DIGEST_LEN, hex);
    if (!bad && h->has_policy)
        bad = json_object_set_new(obj, "policy", json_string(hex));
    hex_encode(h->previous, DIGEST_LEN, hex);
    if (!bad && h->has_previous)
        bad = json_object_set_new(obj, "previous", json_string(hex));
    enum err e = bad ? E_NO_MEMORY : json_line_write(obj, out);
    json_decref(obj);
    return e;
}

bool header_is_own(const struct batch_header *h)
{
    return strcmp(h->ra, HEADER_OWN_RA) == 0;
}

/* Nobody approves a batch of the appliance's own: it is exactly what batch/own_batch.c makes, wherever it came from, and no
 * medium takes the id of one that is still to come. */
static bool is_as_made(const struct batch_header *h, const struct policy_limits *l)
{
    char lists[32], ocsp[32];
    snprintf(lists, sizeof lists, "lists-%lld", (long long)h->sequence);
    snprintf(ocsp, sizeof ocsp, "ocsp-%lld", (long long)h->sequence);
    return (strcmp(h->id, lists) == 0 || strcmp(h->id, ocsp) == 0) && !h->has_policy && !h->has_previous &&
           h->valid_until == h->created + l->plan_lifetime;
}

static enum err check_times(const struct batch_header *h, const struct policy_limits *l, int64_t now, struct diag *d)
{
    char created[CLOCK_TEXT], until[CLOCK_TEXT];
    clock_format(h->created, created);
    clock_format(h->valid_until, until);
    if (h->created > now + LIMIT_CLOCK_SKEW)
        return diag_set_clause(d, E_BATCH_FUTURE, l->clause, "created %s", created);
    if (h->valid_until < now)
        return diag_set_clause(d, E_BATCH_EXPIRED, l->clause, "valid until %s", until);
    if (now - h->created > l->batch_age)
        return diag_set_clause(d, E_BATCH_EXPIRED, l->clause, "created %s, and at most %lld days may pass", created,
                               (long long)(l->batch_age / 86400));
    return E_OK;
}

enum err header_check(const struct batch_header *h, const struct policy *p, int64_t now,
                      const struct policy_authority **authority, struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    *authority = NULL;
    if (p->officers_n == 0)
        return diag_set(d, E_NO_PERSONS, N_("people.yaml names no officers"));
    if (p->persons_n == 0 && !header_is_own(h)) /* nobody approves ours */
        return diag_set(d, E_NO_PERSONS, N_("people.yaml names no persons"));
    const struct policy_authority *a = policy_authority_find(p, h->authority);
    if (a == NULL)
        return diag_set(d, E_AUTHORITY, "%s", h->authority);
    const struct policy_ra *ra = policy_ra_find(p, h->ra);
    if (!header_is_own(h) && (ra == NULL || strcmp(ra->authority, a->name) != 0))
        return diag_set(d, E_RA, "%s is no RA of %s", h->ra, h->authority);
    if (header_is_own(h) && !is_as_made(h, &p->limits))
        return diag_set(d, E_RA, "%s makes no such batch", h->ra);
    if (h->has_policy) {
        enum err e = policy_digest(p, digest);
        if (e != E_OK)
            return e;
        if (memcmp(digest, h->policy, DIGEST_LEN) != 0)
            return diag_set(d, E_POLICY_OTHER, WHERE);
    }
    enum err e = check_times(h, &p->limits, now, d);
    if (e != E_OK)
        return e;
    if (h->count < 1 || h->count > p->limits.batch_requests)
        return diag_set_clause(d, E_BATCH_COUNT, p->limits.clause, "%lld announced, allowed are 1 to %lld",
                               (long long)h->count, (long long)p->limits.batch_requests);
    *authority = a;
    return E_OK;
}
