#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/request.h"
#include "commands.h"
#include "core/clock.h"
#include "core/set.h"
#include "core/text.h"
#include "pki/pem.h"
#include "ra/desk.h"
#include "ra/ident.h"

#define FILE_BYTES                                                                                 \
    (2 * LIMIT_CSR_BYTES) /* PEM is a third larger, and openssl req -text adds its own */
#define FOLDER_FILES (4 * LIMIT_BATCH_REQUESTS)

struct adder {
    struct desk desk;
    struct set ids;   /* of every request that is there */
    struct buf lines; /* of every request */
    int evidence_fd;  /* -1 for none */
    struct file_list evidence;
    struct set evidence_of; /* digest of an id → place in that list, from 1 */
    int64_t now;
    int64_t added, with_evidence;
};

static enum err put(struct set *s, const char *id, const uint8_t *value, const uint8_t **old)
{
    uint8_t key[DIGEST_LEN];
    enum err e = digest_bytes(DIGEST_SHA256, id, strlen(id), key);
    return e != E_OK ? e : set_put(s, key, value != NULL ? value : key, old);
}

/* Lines that are there stay byte for byte. A batch that is damaged is not added to: a new header would hide it. */
static enum err keep_lines(struct adder *a, struct diag *d)
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
        lines_next(&all, &whole, NULL);
        buf_append(&a->lines, whole.p, whole.n);
        buf_append_byte(&a->lines, '\n');
        e = line_error != E_OK ? diag_set(d, line_error, BATCH_FILE " line %llu", (unsigned long long)requests.number)
                               : request_parse(line, requests.number, &r, d);
        if (e == E_OK)
            e = put(&a->ids, r.id, NULL, &old);
        request_free(&r);
    }
    return e;
}

/* Only its kind is looked at: whether the appliance would take it is the matter of ra check. */
static enum err take_csr(struct span bytes, const char *name, struct buf *der, struct diag *d)
{
    if (bytes.n > 0 && bytes.p[0] == 0x30)
        buf_append(der, bytes.p, bytes.n);
    else if (!pem_only(bytes, PEM_STRING_X509_REQ, PEM_STRING_X509_REQ_OLD, der))
        return diag_set(d, E_CSR_FORMAT,
                        "%s: neither DER nor exactly one CERTIFICATE REQUEST in PEM", name);
    if (buf_err(der) != E_OK)
        return diag_set(d, E_NO_MEMORY, "%s", name);
    const uint8_t *p = der->data;
    X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)der->len);
    ERR_clear_error();
    if (req == NULL)
        return diag_set(d, E_CSR_FORMAT, "%s", name);
    X509_REQ_free(req);
    return der->len <= LIMIT_CSR_BYTES ? E_OK
                                       : diag_set(d, E_CSR_FORMAT, "%s: %zu bytes, allowed are %d",
                                                  name, der->len, LIMIT_CSR_BYTES);
}

/* What the evidence set keeps for an id. */
static void place_write(size_t place, uint8_t value[DIGEST_LEN])
{
    memset(value, 0, DIGEST_LEN);
    memcpy(value, &place, sizeof place);
}

static enum err find_evidence(struct adder *a, struct request *r, struct diag *d)
{
    uint8_t none[DIGEST_LEN];
    const uint8_t *old;
    size_t place = 0;
    if (a->evidence_fd < 0)
        return E_OK;
    place_write(0, none);
    enum err e = put(&a->evidence_of, r->id, none, &old);
    if (e == E_OK && old != NULL)
        memcpy(&place, old, sizeof place);
    if (e != E_OK || place == 0)
        return e;
    r->has_evidence = true;
    a->with_evidence++;
    return file_digest(a->evidence_fd, a->evidence.names[place - 1], LIMIT_EVIDENCE_BYTES, r->evidence, d);
}

static enum err write_request(struct adder *a, struct request *r, const char *name, struct diag *d)
{
    const uint8_t *old;
    size_t before = a->lines.len;
    enum err e = put(&a->ids, r->id, NULL, &old);
    if (e == E_OK && old != NULL)
        return diag_set(d, E_REQUEST_ID, "%s: there is a request %s already", name, r->id);
    if (e == E_OK)
        e = find_evidence(a, r, d);
    if (e == E_OK)
        e = request_write(r, &a->lines);
    if (e == E_OK && a->lines.len - before > LIMIT_LINE)
        return diag_set(d, E_LINE_TOO_LONG, "%s: %zu bytes, allowed are %d", name,
                        a->lines.len - before, LIMIT_LINE);
    buf_append_byte(&a->lines, '\n');
    a->added++;
    return e == E_NO_MEMORY || e == E_CRYPTO ? diag_set(d, e, "%s", name) : e;
}

static enum err add_file(struct adder *a, int dir_fd, const char *name, struct diag *d)
{
    struct buf bytes = {0};
    struct request r = {.requested_at = a->now};
    enum err e = ident_from_name(name, r.id, d);
    if (e == E_OK)
        e = file_read(dir_fd, name, FILE_BYTES, &bytes, NULL, d);
    if (e == E_MEDIUM_LIMIT)
        e = diag_set(d, E_CSR_FORMAT, "%s: more than %d bytes", name, FILE_BYTES);
    if (e == E_OK)
        e = take_csr(buf_span(&bytes), name, &r.csr, d);
    if (e == E_OK) {
        snprintf(r.op_text, sizeof r.op_text, "%s", op_name(r.op));
        snprintf(r.profile, sizeof r.profile, "%s", options.profile);
        if (options.operator_ != NULL)
            snprintf(r.operator_, sizeof r.operator_, "%s", options.operator_);
        e = write_request(a, &r, name, d);
    }
    request_free(&r);
    buf_free(&bytes);
    return e;
}

static bool is_request_name(const char *name)
{
    static const char *const endings[] = {".csr", ".pem", ".der", ".req"};
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (n > 4 && strcmp(name + n - 4, endings[i]) == 0)
            return true;
    return false;
}

static enum err add_folder(struct adder *a, const char *path, struct diag *d)
{
    struct file_list list = {0};
    int64_t before = a->added;
    int fd;
    enum err e = file_open_dir(path, &fd, d);
    if (e != E_OK)
        return e;
    e = file_list(fd, FOLDER_FILES, &list, d);
    for (size_t i = 0; i < list.n && e == E_OK; i++)
        if (is_request_name(list.names[i]))
            e = add_file(a, fd, list.names[i], d);
    if (e == E_OK && a->added == before)
        e = diag_set(d, E_NO_REQUESTS, "%s holds no *.csr, *.pem, *.der or *.req", path);
    file_list_free(&list);
    close(fd);
    return e;
}

static enum err add_operand(struct adder *a, const char *path, struct diag *d)
{
    struct stat st;
    const char *name;
    int fd = -1;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return add_folder(a, path, d);
    char *dir = malloc(strlen(path) + 2);
    if (dir == NULL)
        return diag_set(d, E_NO_MEMORY, "%s", path);
    enum err e = desk_split(path, dir, &name)
                     ? file_open_dir(dir, &fd, d)
                     : diag_set(d, E_MEDIUM, "%s: there is no such folder", path);
    if (e == E_OK) {
        e = add_file(a, fd, name, d);
        close(fd);
    }
    free(dir);
    return e;
}

/* Whose evidence each file is, by the id that its name gives. Requests may lie in the same folder.
 */
static enum err list_evidence(struct adder *a, struct diag *d)
{
    if (options.evidence == NULL)
        return E_OK;
    enum err e = file_open_dir(options.evidence, &a->evidence_fd, d);
    if (e == E_OK)
        e = file_list(a->evidence_fd, FOLDER_FILES, &a->evidence, d);
    for (size_t i = 0; i < a->evidence.n && e == E_OK; i++) {
        struct diag ignored = {0};
        char id[LIMIT_TOKEN_TEXT + 1];
        uint8_t place[DIGEST_LEN];
        const uint8_t *old = NULL;
        const char *name = a->evidence.names[i];
        if (is_request_name(name) || ident_from_name(name, id, &ignored) != E_OK)
            continue;
        place_write(i + 1, place);
        e = put(&a->evidence_of, id, place, &old);
        if (e == E_OK && old != NULL)
            e = diag_set(d, E_EVIDENCE, "%s: two files are evidence for %s", options.evidence,
                         id);
    }
    return e;
}

static enum err check_options(int n, struct diag *d)
{
    if (n == 0)
        return diag_set(d, E_USAGE, "name a file or a folder");
    if (!text_is_token(options.profile, LIMIT_TOKEN_TEXT))
        return diag_set(d, E_USAGE, "--profile %s is not a plain name", options.profile);
    if (options.operator_ != NULL && !text_is_token(options.operator_, LIMIT_TOKEN_TEXT))
        return diag_set(d, E_USAGE, "--operator %s is not a plain name", options.operator_);
    return E_OK;
}

/* An authority that this program does not know is the matter of ra check. */
static enum err check_profile(const struct desk *k, struct diag *d)
{
    const struct policy_authority *a = policy_authority_find(&policy_table, k->header.authority);
    struct buf names = {0};
    if (a == NULL || policy_profile_find(a, options.profile) != NULL)
        return E_OK;
    for (size_t i = 0; i < a->profiles_n; i++)
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", a->profiles[i].name);
    enum err e = buf_err(&names);
    e = diag_set(d, e == E_OK ? E_PROFILE : e, "%s has no %s, but %.*s", a->name, options.profile, (int)names.len,
                 names.len > 0 ? (const char *)names.data : "");
    buf_free(&names);
    return e;
}

static enum err check_unapproved(const struct desk *k, struct diag *d)
{
    struct file_list list;
    enum err e = desk_approvals(k->fd, &list, d);
    if (e == E_OK && list.n > 0)
        e = diag_set(d, E_APPROVAL_SIGNATURE,
                     "%s is there and would not fit the batch any more; remove the approvals, add, "
                     "then approve",
                     list.names[0]);
    file_list_free(&list);
    return e;
}

/* The batch is made when its last request is added: its time moves on with its end, so that no
 * request can have been asked for after it. */
static enum err finish(struct adder *a, struct diag *d)
{
    struct batch_header h = a->desk.header;
    if (a->now > h.created) {
        h.valid_until += a->now - h.created;
        h.created = a->now;
    }
    h.count += a->added;
    if (options.evidence != NULL && a->with_evidence == 0)
        return diag_set(d, E_EVIDENCE, "%s: no file there is called like a request", options.evidence);
    enum err e = desk_write(a->desk.fd, &h, buf_span(&a->lines), d);
    if (e == E_OK)
        printf("%lld request%s added, %lld with evidence; the batch has %lld\n", (long long)a->added,
               a->added == 1 ? "" : "s", (long long)a->with_evidence, (long long)h.count);
    return e;
}

enum err cmd_add(int n, char **operands, struct diag *d)
{
    struct adder a = {.desk = {.fd = -1}, .evidence_fd = -1, .now = clock_now()};
    enum err e = check_options(n, d);
    if (e == E_OK)
        e = desk_open_locked(options.dir, &a.desk, d);
    if (e == E_OK)
        e = check_profile(&a.desk, d);
    if (e == E_OK)
        e = check_unapproved(&a.desk, d);
    if (e == E_OK)
        e = desk_check_count(&a.desk, d);
    if (e == E_OK)
        e = keep_lines(&a, d);
    if (e == E_OK)
        e = list_evidence(&a, d);
    for (int i = 0; i < n && e == E_OK; i++)
        e = add_operand(&a, operands[i], d);
    if (e == E_OK)
        e = finish(&a, d);
    if (a.evidence_fd >= 0)
        close(a.evidence_fd);
    set_free(&a.ids);
    set_free(&a.evidence_of);
    file_list_free(&a.evidence);
    buf_free(&a.lines);
    desk_close(&a.desk);
    return e;
}
