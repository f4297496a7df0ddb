#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/plan_parse.h"
#include "core/file.h"
#include "log/merkle_lines.h"

/* The next whole line, as plan files have them: a last one without its newline is malformed. */
static enum err next_line(struct plan *p, bool *more, struct diag *d)
{
    bool torn = false;
    enum err e = json_lines_next(&p->lines, more, &torn);
    if (e == E_LINE_TOO_LONG)
        return plan_malformed(d, p->lines.number, "the line is too long");
    if (e != E_OK)
        return diag_set(d, e, "reading %s", PLAN_FILE);
    if (torn)
        return plan_malformed(d, p->lines.number, "the line is cut off");
    return *more && p->tree != NULL ? merkle_append(p->tree, buf_span(&p->lines.line)) : E_OK;
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
        bool known = p->next <= plan_total(&p->counts) && memcmp(p->items[at], digest, DIGEST_LEN) == 0;
        return known ? E_OK : diag_set(d, E_PLAN_DIGEST, "%s line %llu", PLAN_FILE, (unsigned long long)p->lines.number);
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
        return plan_malformed(d, p->lines.number, "the end line is missing");
    if (plan_is_end(buf_span(&p->lines.line))) {
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
    enum err e = plan_parse_item(line, number, prove, item, d);
    return e != E_OK || item->n == n ? e : plan_malformed(d, number, "the items are not numbered in order");
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
    struct plan_counts counts = {0};
    bool more = true;
    p->next = 1;
    enum err e = next_line(p, &more, d);
    if (e == E_OK)
        e = more ? plan_parse_header(buf_span(&p->lines.line), &p->header, d) : plan_malformed(d, 1, "the file is empty");
    while (e == E_OK && more) {
        e = plan_next(p, &item, &more, d);
        if (e == E_OK && more)
            plan_count(&counts, item.act);
    }
    if (e == E_OK)
        e = plan_parse_end(buf_span(&p->lines.line), p->lines.number, &p->counts, d);
    if (e == E_OK && memcmp(&p->counts, &counts, sizeof counts) != 0)
        e = plan_malformed(d, p->lines.number, "the counts are wrong");
    if (e == E_OK) {
        e = next_line(p, &more, d);
        if (e == E_OK && more)
            e = plan_malformed(d, p->lines.number, "a line follows the end line");
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
        return diag_set(d, E_PLAN_FORMAT, "%s is larger than any plan", PLAN_FILE);
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
        e = merkle_lines_root_file(dir_fd, PLAN_FILE, LIMIT_ARCHIVE_BYTES, out->digest, d);
    if (e == E_OK && memcmp(out->digest, digest, DIGEST_LEN) != 0)
        e = diag_set(d, E_PLAN_DIGEST, PLAN_FILE);
    if (e == E_OK)
        e = next_line(out, &more, d);
    if (e == E_OK)
        e = plan_parse_header(buf_span(&out->lines.line), &out->header, d);
    out->next = 1;
    out->proven = e == E_OK;
    return e;
}

enum err plan_open(int dir_fd, struct plan *out, struct diag *d)
{
    struct merkle tree = {0};
    enum err e = open_file(dir_fd, out, d);
    out->tree = &tree;
    if (e == E_OK)
        e = read_through(out, d);
    if (e == E_OK)
        e = merkle_root(&tree, out->digest);
    out->tree = NULL;
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
    out->counts = p->counts;
    memcpy(out->digest, p->digest, DIGEST_LEN);
    out->proven = p->proven;
    out->items = p->items;
    out->borrowed = true;
    return plan_rewind(out, d);
}

void plan_item_free(struct plan_item *i)
{
    buf_free(&i->tbs);
    buf_free(&i->enveloped_key);
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
