#include "ra/addition.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/i18n.h"
#include "ra/ident.h"


static enum err put(struct set *s, const char *id, const uint8_t *value, const uint8_t **old)
{
    uint8_t key[DIGEST_LEN];
    enum err e = digest_bytes(DIGEST_SHA256, id, strlen(id), key);
    return e != E_OK ? e : set_put(s, key, value, old);
}

/* What a set keeps for an id. */
static void place_write(size_t place, uint8_t value[DIGEST_LEN])
{
    memset(value, 0, DIGEST_LEN);
    memcpy(value, &place, sizeof place);
}

static size_t place_read(const uint8_t *value)
{
    size_t place;
    memcpy(&place, value, sizeof place);
    return place;
}

/* The next line's id. *old is where the line of the same id begins, if there is one. */
static enum err put_id(struct addition *a, const char *id, size_t at, const uint8_t **old)
{
    uint8_t place[DIGEST_LEN];
    place_write(at, place);
    return put(&a->ids, id, place, old);
}

static void note_order(struct addition *a, enum op op)
{
    a->disordered = a->disordered || (a->list_seen && !op_is_list(op));
    a->list_seen = a->list_seen || op_is_list(op);
}

/* Lines that are there stay byte for byte. A batch that is damaged is not added to: a new header would hide it. */
static enum err keep_lines(struct addition *a, struct diag *d)
{
    struct lines requests = a->desk.requests;
    struct span line;
    enum err line_error;
    enum err e = E_OK;
    struct lines all = a->desk.requests;
    while (e == E_OK && desk_next(&requests, &line, &line_error)) {
        struct request r = {0};
        const uint8_t *old;
        struct span whole;
        const size_t at = a->lines.len;
        lines_next(&all, &whole, NULL);
        buf_append(&a->lines, whole.p, whole.n);
        buf_append_byte(&a->lines, '\n');
        e = line_error != E_OK ? diag_set(d, line_error, "%s line %llu", BATCH_FILE, (unsigned long long)requests.number)
                               : request_parse(line, requests.number, &r, d);
        if (e == E_OK)
            e = put_id(a, r.id, at, &old);
        note_order(a, r.op);
        request_free(&r);
    }
    return e == E_OK && buf_err(&a->lines) != E_OK ? diag_set(d, E_NO_MEMORY, BATCH_FILE) : e;
}

static enum err find_evidence(struct addition *a, struct request *r, struct diag *d)
{
    uint8_t none[DIGEST_LEN];
    const uint8_t *old;
    size_t place = 0;
    if (a->evidence_fd < 0 || r->has_evidence)
        return E_OK;
    place_write(0, none);
    enum err e = put(&a->evidence_of, r->id, none, &old);
    if (e == E_OK && old != NULL)
        place = place_read(old);
    if (e != E_OK || place == 0)
        return e;
    r->has_evidence = a->evidence_used = true;
    return file_digest(a->evidence_fd, a->evidence.names[place - 1], LIMIT_EVIDENCE_BYTES, r->evidence, d);
}

/* The line, with its evidence. */
static enum err write_line(struct addition *a, struct request *r, const char *name, struct buf *out, struct diag *d)
{
    enum err e = find_evidence(a, r, d);
    if (e == E_OK)
        e = request_write(r, out);
    if (e == E_OK && out->len > LIMIT_LINE)
        return diag_set(d, E_LINE_TOO_LONG, "%s: %zu bytes, allowed are %d", name, out->len, LIMIT_LINE);
    buf_append_byte(out, '\n');
    if (e == E_OK)
        e = buf_err(out);
    return e == E_NO_MEMORY || e == E_CRYPTO ? diag_set(d, e, "%s", name) : e;
}

/* Add it, unless there is a line with this id: *old is where that begins. */
static enum err put_line(struct addition *a, struct request *r, const char *name, const uint8_t **old, struct diag *d)
{
    struct buf line = {0};
    *old = NULL;
    enum err e = write_line(a, r, name, &line, d);
    if (e == E_OK && (e = put_id(a, r->id, a->lines.len, old)) != E_OK)
        diag_set(d, e, "%s", name);
    if (e == E_OK && *old == NULL) {
        buf_append(&a->lines, line.data, line.len);
        e = buf_err(&a->lines) == E_OK ? E_OK : diag_set(d, E_NO_MEMORY, "%s", name);
        note_order(a, r->op);
        a->added++;
        a->with_evidence += r->has_evidence;
    }
    buf_free(&line);
    return e;
}

enum err addition_put(struct addition *a, struct request *r, const char *name, struct diag *d)
{
    const uint8_t *old;
    enum err e = put_line(a, r, name, &old, d);
    return e == E_OK && old != NULL ? diag_set(d, E_REQUEST_ID, "%s: there is a request %s already", name, r->id) : e;
}

/* The line without who keyed it in and when. */
static enum err bare(const struct request *r, struct buf *out)
{
    struct request same = *r; /* what it points to stays r's */
    same.requested_at = 0;
    same.operator_[0] = '\0';
    return request_write(&same, out);
}

/* Evidence that lies somewhere else now, or nowhere, was looked at once. */
static enum err is_same(const struct addition *a, size_t at, const struct request *r, bool *same, struct diag *d)
{
    struct request have = {0};
    struct buf was = {0}, is = {0};
    const uint8_t *line = a->lines.data + at;
    const uint8_t *end = memchr(line, '\n', a->lines.len - at);
    enum err e = request_parse((struct span){line, (size_t)(end - line)}, 0, &have, d);
    have.has_evidence = have.has_evidence && r->has_evidence;
    if (e == E_OK)
        e = bare(&have, &was);
    if (e == E_OK)
        e = bare(r, &is);
    *same = e == E_OK && was.len == is.len && memcmp(was.data, is.data, is.len) == 0;
    request_free(&have);
    buf_free(&was);
    buf_free(&is);
    return e;
}

enum err addition_put_new(struct addition *a, struct request *r, const char *name, bool *there, struct diag *d)
{
    const uint8_t *old;
    *there = false;
    enum err e = put_line(a, r, name, &old, d);
    if (e != E_OK || old == NULL)
        return e;
    e = is_same(a, place_read(old), r, there, d);
    return e == E_OK && !*there ? diag_set(d, E_REQUEST_ID, "%s: there is another request %s already", name, r->id) : e;
}

bool addition_is_request(const char *name)
{
    static const char *const endings[] = {".csr", ".pem", ".der", ".req"};
    size_t n = strlen(name);
    if (name[0] == '.') /* as editors, and programs that copy, call what is not there yet */
        return false;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (n > 4 && strcmp(name + n - 4, endings[i]) == 0)
            return true;
    return false;
}

/* Whose evidence each file is, by the id that its name gives. Requests may lie in the same folder.
 */
enum err addition_evidence(struct addition *a, const char *folder, struct diag *d)
{
    a->evidence_path = folder;
    enum err e = file_open_dir(folder, &a->evidence_fd, d);
    if (e == E_OK)
        e = file_list(a->evidence_fd, FOLDER_FILES, &a->evidence, d);
    for (size_t i = 0; i < a->evidence.n && e == E_OK; i++) {
        struct diag ignored = {0};
        char id[LIMIT_TOKEN_TEXT + 1];
        uint8_t place[DIGEST_LEN];
        const uint8_t *old = NULL;
        const char *name = a->evidence.names[i];
        if (addition_is_request(name) || ident_from_name(name, id, &ignored) != E_OK)
            continue;
        place_write(i + 1, place);
        e = put(&a->evidence_of, id, place, &old);
        if (e == E_OK && old != NULL)
            e = diag_set(d, E_EVIDENCE, "%s: two files are evidence for %s", folder, id);
    }
    return e;
}

/* A list says what became of all, so nothing may come after a request for one. */
static enum err put_lists_last(struct addition *a, struct diag *d)
{
    struct lines all = {.rest = buf_span(&a->lines)};
    struct buf others = {0}, lists = {0};
    struct span line;
    enum err e = E_OK;
    while (e == E_OK && lines_next(&all, &line, NULL)) {
        struct request r;
        e = request_parse(line, all.number, &r, d);
        struct buf *to = op_is_list(r.op) ? &lists : &others;
        buf_append(to, line.p, line.n);
        buf_append_byte(to, '\n');
        request_free(&r);
    }
    buf_append(&others, lists.data, lists.len);
    if (e == E_OK && buf_err(&others) != E_OK)
        e = diag_set(d, E_NO_MEMORY, BATCH_FILE);
    buf_free(&lists);
    if (e != E_OK) {
        buf_free(&others);
        return e;
    }
    buf_free(&a->lines);
    a->lines = others;
    return E_OK;
}

/* The batch is made when its last request is added: its time moves on with its end, so that no
 * request can have been asked for after it. */
enum err addition_finish(struct addition *a, struct diag *d)
{
    struct batch_header h = a->desk.header;
    if (a->now > h.created) {
        h.valid_until += a->now - h.created;
        h.created = a->now;
    }
    h.count += a->added;
    if (a->evidence_path != NULL && !a->evidence_used)
        return diag_set(d, E_EVIDENCE, "%s: no file there is called like a request", a->evidence_path);
    enum err e = a->added > 0 ? desk_check_unapproved(&a->desk, d) : E_OK;
    if (e == E_OK && a->added > 0 && a->disordered)
        e = put_lists_last(a, d);
    if (e == E_OK && a->added > 0)
        e = desk_write(a->desk.fd, &h, buf_span(&a->lines), d);
    if (e == E_OK)
        printf(i18n_plural("%lld request added, %lld with evidence; the batch has %lld\n",
                           "%lld requests added, %lld with evidence; the batch has %lld\n", (uint64_t)a->added),
               (long long)a->added, (long long)a->with_evidence, (long long)h.count);
    return e;
}

enum err addition_begin(const char *dir, struct addition *out, struct diag *d)
{
    enum err e = addition_open(dir, out, d);
    return e == E_OK ? desk_check_unapproved(&out->desk, d) : e;
}

enum err addition_open(const char *dir, struct addition *out, struct diag *d)
{
    *out = (struct addition){.desk = {.fd = -1}, .evidence_fd = -1, .now = clock_now()};
    enum err e = desk_open_locked(dir, &out->desk, d);
    if (e == E_OK)
        e = desk_check_count(&out->desk, d);
    if (e == E_OK)
        e = keep_lines(out, d);
    out->authority = policy_authority_find(&policy_table, out->desk.header.authority);
    return e;
}

void addition_free(struct addition *a)
{
    if (a->evidence_fd >= 0)
        close(a->evidence_fd);
    set_free(&a->ids);
    set_free(&a->evidence_of);
    file_list_free(&a->evidence);
    buf_free(&a->lines);
    desk_close(&a->desk);
}
