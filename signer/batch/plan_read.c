#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/plan.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/text.h"

static enum err malformed(struct diag *d, uint64_t line, const char *what)
{
    return diag_set(d, E_PLAN_FORMAT, PLAN_FILE " line %llu: %s", (unsigned long long)line, what);
}

static bool copy_token(char out[LIMIT_TOKEN_TEXT + 1], const char *s)
{
    if (!text_is_token(s, LIMIT_TOKEN_TEXT))
        return false;
    snprintf(out, LIMIT_TOKEN_TEXT + 1, "%s", s);
    return true;
}

/* Printable ASCII that fits. */
static bool copy_text(char *out, size_t cap, const char *s)
{
    size_t n = strlen(s);
    if (n >= cap)
        return false;
    for (size_t i = 0; i < n; i++)
        if (s[i] < 0x20 || s[i] > 0x7e)
            return false;
    memcpy(out, s, n + 1);
    return true;
}

static bool take_approvals(struct plan_header *h, const json_t *list)
{
    if (!json_is_array(list) || json_array_size(list) > APPROVALS_MAX)
        return false;
    h->approvals_n = json_array_size(list);
    for (size_t i = 0; i < h->approvals_n; i++) {
        const char *role, *hex;
        if (json_unpack_ex(json_array_get(list, i), NULL, JSON_STRICT, "{s:s,s:s}", "role", &role, "certificate",
                           &hex) != 0 ||
            !hex_decode(hex, h->approvals[i].certificate, DIGEST_LEN))
            return false;
        h->approvals[i].role = strcmp(role, policy_role_name(POLICY_REVIEW)) == 0 ? POLICY_REVIEW : POLICY_ENTRY;
        if (strcmp(role, policy_role_name(h->approvals[i].role)) != 0)
            return false;
    }
    return true;
}

static enum err parse_line(struct span line, uint64_t number, json_t **out, struct diag *d)
{
    char where[48];
    struct diag why = {0};
    snprintf(where, sizeof where, PLAN_FILE " line %llu", (unsigned long long)number);
    enum err e = json_line_parse((const char *)line.p, line.n, where, out, &why);
    if (e == E_NO_MEMORY)
        return diag_set(d, e, PLAN_FILE);
    return e == E_OK ? E_OK : malformed(d, number, err_sentence(e));
}

/* Taking apart and writing again is the whole check of form: an extra, missing or reordered key shows there. */
static enum err same_again(struct span line, const struct buf *again, uint64_t number, struct diag *d)
{
    if (again->failed)
        return diag_set(d, E_NO_MEMORY, PLAN_FILE);
    if (again->len != line.n + 1 || memcmp(again->data, line.p, line.n) != 0)
        return malformed(d, number, "not in canonical form");
    return E_OK;
}

static enum err parse_header(struct span line, struct plan_header *h, struct diag *d)
{
    const char *format, *batch, *intake, *authority, *ra, *id, *policy, *created, *expires, *head;
    json_int_t sequence, size, bytes;
    json_t *obj, *approvals;
    struct buf again = {0};
    *h = (struct plan_header){0};
    enum err e = parse_line(line, 1, &obj, d);
    if (e != E_OK)
        return e;
    bool good = json_unpack(obj, "{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:s,s:s,s:I,s:I,s:s,s:o}", "format", &format,
                            "batch", &batch, "intake", &intake, "authority", &authority, "ra", &ra, "id", &id,
                            "sequence", &sequence, "policy", &policy, "created", &created, "expires", &expires,
                            "log-size", &size, "log-bytes", &bytes, "log-head", &head, "approvals", &approvals) == 0 &&
                strcmp(format, PLAN_FORMAT) == 0 && hex_decode(batch, h->batch, DIGEST_LEN) &&
                hex_decode(intake, h->intake, DIGEST_LEN) && copy_token(h->authority, authority) &&
                copy_token(h->ra, ra) && copy_token(h->id, id) && sequence >= 1 && size >= 1 && bytes >= 1 &&
                hex_decode(policy, h->policy, DIGEST_LEN) && clock_parse(created, &h->created) &&
                clock_parse(expires, &h->expires) && hex_decode(head, h->log_head, DIGEST_LEN) &&
                take_approvals(h, approvals);
    if (good) {
        h->sequence = sequence;
        h->log_size = (uint64_t)size;
        h->log_bytes = (uint64_t)bytes;
        e = plan_write_header(h, &again);
        if (e == E_OK)
            e = same_again(line, &again, 1, d);
    } else {
        e = malformed(d, 1, "not a plan's header");
    }
    buf_free(&again);
    json_decref(obj);
    return e;
}

static bool take_refusal(struct plan_item *i, json_t *obj)
{
    const char *id, *code, *clause, *detail;
    if (json_unpack(obj, "{s:s,s:s,s:s,s:s}", "id", &id, "code", &code, "clause", &clause, "detail", &detail) != 0)
        return false;
    i->code = err_by_name(code);
    return i->code != E_OK && (id[0] == '\0' || copy_token(i->id, id)) &&
           copy_text(i->clause, sizeof i->clause, clause) && copy_text(i->detail, sizeof i->detail, detail);
}

static bool take_issue(struct plan_item *i, json_t *obj)
{
    const char *id, *clause, *profile, *key, *serial, *ignored;
    if (json_unpack(obj, "{s:s,s:s,s:s,s:s,s:s,s:s}", "id", &id, "clause", &clause, "profile", &profile, "key", &key,
                    "serial", &serial, "ignored", &ignored) != 0 ||
        !copy_token(i->id, id) || !copy_text(i->clause, sizeof i->clause, clause) ||
        !copy_token(i->profile, profile) || !copy_token(i->key, key) ||
        !hex_decode(serial, i->serial, PLAN_SERIAL) || !copy_text(i->ignored, sizeof i->ignored, ignored))
        return false;
    return json_get_base64(obj, "tbs", &i->tbs, "", NULL) == E_OK && i->tbs.len <= LIMIT_TBS_BYTES;
}

/* Form is proven when the plan is opened; going through it again only takes it apart. */
static enum err parse_item(struct span line, uint64_t number, bool prove, struct plan_item *i, struct diag *d)
{
    const char *decision = "";
    json_int_t n = 0;
    json_t *obj;
    struct buf again = {0};
    enum err e = parse_line(line, number, &obj, d);
    if (e != E_OK)
        return e;
    bool good = json_unpack(obj, "{s:I,s:s}", "n", &n, "decision", &decision) == 0 && n >= 1;
    i->n = n;
    i->issue = strcmp(decision, "issue") == 0;
    good = good && (i->issue ? take_issue(i, obj) : take_refusal(i, obj));
    if (!good)
        e = malformed(d, number, "not an item");
    if (e == E_OK && prove)
        e = plan_write_item(i, &again);
    if (e == E_OK && prove)
        e = same_again(line, &again, number, d);
    buf_free(&again);
    json_decref(obj);
    return e;
}

static bool is_end(struct span line)
{
    return line.n > 7 && memcmp(line.p, "{\"end\":", 7) == 0;
}

static enum err parse_end(struct span line, uint64_t number, int64_t *issue, int64_t *refuse, struct diag *d)
{
    json_int_t a = -1, b = -1;
    int end = 0;
    json_t *obj;
    struct buf again = {0};
    enum err e = parse_line(line, number, &obj, d);
    if (e != E_OK)
        return e;
    if (json_unpack(obj, "{s:b,s:I,s:I}", "end", &end, "issue", &a, "refuse", &b) != 0 || a < 0 || b < 0)
        e = malformed(d, number, "not the end line");
    if (e == E_OK)
        e = plan_write_end(a, b, &again);
    if (e == E_OK)
        e = same_again(line, &again, number, d);
    *issue = a;
    *refuse = b;
    buf_free(&again);
    json_decref(obj);
    return e;
}

/* The next whole line, as plan files have them: a last one without its newline is malformed. */
static enum err next_line(struct plan *p, bool *more, struct diag *d)
{
    bool torn = false;
    enum err e = json_lines_next(&p->lines, more, &torn);
    if (e == E_LINE_TOO_LONG)
        return malformed(d, p->lines.number, "the line is too long");
    if (e != E_OK)
        return diag_set(d, e, "reading " PLAN_FILE);
    if (torn)
        return malformed(d, p->lines.number, "the line is cut off");
    if (*more && p->hashing != NULL) {
        buf_append_byte(&p->lines.line, '\n');
        e = buf_err(&p->lines.line);
        if (e == E_OK)
            e = digest_update(p->hashing, p->lines.line.data, p->lines.line.len);
        p->lines.line.len--;
    }
    return e;
}

enum err plan_rewind(struct plan *p, struct diag *d)
{
    bool more;
    if (fseeko(p->lines.f, 0, SEEK_SET) != 0)
        return diag_errno(d, errno, PLAN_FILE);
    p->lines.number = 0;
    p->lines.bytes = 0;
    p->next = 1;
    return next_line(p, &more, d); /* the header */
}

/* While the file is read for the first time its lines are remembered, later they are compared: what is linted and what is
 * signed are read in different passes, and both must be what the digest stands for. */
static enum err remember_or_compare(struct plan *p, struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    size_t at = (size_t)p->next - 1;
    if (p->proven && p->items == NULL)
        return E_OK;
    enum err e = digest_bytes(DIGEST_SHA256, p->lines.line.data, p->lines.line.len, digest);
    if (e != E_OK)
        return e;
    if (p->proven) {
        bool known = p->next <= p->issue + p->refuse && memcmp(p->items[at], digest, DIGEST_LEN) == 0;
        return known ? E_OK : diag_set(d, E_PLAN_DIGEST, PLAN_FILE " line %llu", (unsigned long long)p->lines.number);
    }
    if (at >= p->items_cap) {
        size_t cap = p->items_cap == 0 ? 1024 : 2 * p->items_cap;
        void *more = realloc(p->items, cap * sizeof *p->items);
        if (more == NULL)
            return diag_set(d, E_NO_MEMORY, PLAN_FILE);
        p->items = more;
        p->items_cap = cap;
    }
    memcpy(p->items[at], digest, DIGEST_LEN);
    return E_OK;
}

/* The next item's line, which stays in p->lines. */
static enum err next_item_line(struct plan *p, bool *more, struct diag *d)
{
    enum err e = next_line(p, more, d);
    if (e != E_OK)
        return e;
    if (!*more)
        return malformed(d, p->lines.number, "the end line is missing");
    if (is_end(buf_span(&p->lines.line))) {
        *more = false;
        return E_OK;
    }
    e = remember_or_compare(p, d);
    p->next++;
    return e;
}

static enum err parse_numbered(struct span line, int64_t n, bool prove, struct plan_item *item, struct diag *d)
{
    uint64_t number = (uint64_t)n + 1; /* the header is line 1 */
    plan_item_free(item);
    enum err e = parse_item(line, number, prove, item, d);
    return e != E_OK || item->n == n ? e : malformed(d, number, "the items are not numbered in order");
}

enum err plan_next(struct plan *p, struct plan_item *item, bool *more, struct diag *d)
{
    int64_t n = p->next;
    plan_item_free(item);
    enum err e = next_item_line(p, more, d);
    return e != E_OK || !*more ? e : parse_numbered(buf_span(&p->lines.line), n, !p->proven, item, d);
}

enum err plan_next_line(struct plan *p, struct buf *line, bool *more, struct diag *d)
{
    buf_reset(line);
    enum err e = next_item_line(p, more, d);
    if (e == E_OK && *more)
        buf_append(line, p->lines.line.data, p->lines.line.len);
    return e != E_OK || buf_err(line) == E_OK ? e : diag_set(d, E_NO_MEMORY, PLAN_FILE);
}

enum err plan_take_apart(struct span line, int64_t n, struct plan_item *item, struct diag *d)
{
    return parse_numbered(line, n, false, item, d);
}

static enum err read_through(struct plan *p, struct diag *d)
{
    struct plan_item item = {0};
    int64_t issue = 0, refuse = 0;
    bool more = true;
    p->next = 1;
    enum err e = next_line(p, &more, d);
    if (e == E_OK)
        e = more ? parse_header(buf_span(&p->lines.line), &p->header, d) : malformed(d, 1, "the file is empty");
    while (e == E_OK && more) {
        e = plan_next(p, &item, &more, d);
        if (e == E_OK && more && item.issue)
            issue++;
        else if (e == E_OK && more)
            refuse++;
    }
    if (e == E_OK)
        e = parse_end(buf_span(&p->lines.line), p->lines.number, &p->issue, &p->refuse, d);
    if (e == E_OK && (p->issue != issue || p->refuse != refuse))
        e = malformed(d, p->lines.number, "the counts are wrong");
    if (e == E_OK) {
        e = next_line(p, &more, d);
        if (e == E_OK && more)
            e = malformed(d, p->lines.number, "a line follows the end line");
    }
    plan_item_free(&item);
    return e;
}

static enum err open_file(int dir_fd, struct plan *out, struct diag *d)
{
    struct stat st;
    *out = (struct plan){.lines = {.line_max = LIMIT_LINE}};
    int fd = openat(dir_fd, PLAN_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? diag_set(d, E_PLAN_MISSING, PLAN_FILE) : diag_errno(d, errno, PLAN_FILE);
    if (fstat(fd, &st) == 0 && st.st_size > LIMIT_ARCHIVE_BYTES) { /* it would be read to its end */
        close(fd);
        return diag_set(d, E_PLAN_FORMAT, PLAN_FILE " is larger than any plan");
    }
    out->lines.f = fdopen(fd, "r");
    if (out->lines.f == NULL) {
        close(fd);
        return diag_set(d, E_NO_MEMORY, PLAN_FILE);
    }
    return E_OK;
}

enum err plan_open_known(int dir_fd, const uint8_t digest[DIGEST_LEN], struct plan *out, struct diag *d)
{
    bool more = false;
    enum err e = open_file(dir_fd, out, d);
    if (e == E_OK)
        e = file_digest(dir_fd, PLAN_FILE, LIMIT_ARCHIVE_BYTES, out->digest, d);
    if (e == E_OK && memcmp(out->digest, digest, DIGEST_LEN) != 0)
        e = diag_set(d, E_PLAN_DIGEST, PLAN_FILE);
    if (e == E_OK)
        e = next_line(out, &more, d);
    if (e == E_OK)
        e = parse_header(buf_span(&out->lines.line), &out->header, d);
    out->next = 1;
    out->proven = e == E_OK;
    return e;
}

enum err plan_open(int dir_fd, struct plan *out, struct diag *d)
{
    enum err e = open_file(dir_fd, out, d);
    if (e == E_OK)
        e = digest_new(DIGEST_SHA256, &out->hashing);
    if (e == E_OK)
        e = read_through(out, d);
    if (e == E_OK)
        e = digest_final(out->hashing, out->digest);
    digest_free(out->hashing);
    out->hashing = NULL;
    if (e == E_OK)
        e = plan_rewind(out, d);
    out->proven = e == E_OK;
    return e;
}

enum err plan_open_again(int dir_fd, const struct plan *p, struct plan *out, struct diag *d)
{
    enum err e = open_file(dir_fd, out, d);
    if (e != E_OK)
        return e;
    out->header = p->header;
    out->issue = p->issue;
    out->refuse = p->refuse;
    memcpy(out->digest, p->digest, DIGEST_LEN);
    out->proven = p->proven;
    out->items = p->items;
    out->borrowed = true;
    return plan_rewind(out, d);
}

void plan_item_free(struct plan_item *i)
{
    buf_free(&i->tbs);
    *i = (struct plan_item){0};
}

void plan_close(struct plan *p)
{
    if (p->lines.f != NULL)
        fclose(p->lines.f);
    json_lines_free(&p->lines);
    if (!p->borrowed)
        free(p->items);
    *p = (struct plan){0};
}
