#include "ra/desk.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "batch/intake.h"
#include "log/merkle_lines.h"

#define TEMPORARY ".tmp" /* as file_write() names it */

static enum err read_header(struct desk *k, struct diag *d)
{
    struct span line;
    if (!lines_next(&k->requests, &line, NULL))
        return diag_set(d, E_JSON, "%s is empty", BATCH_FILE);
    if (line.n > LIMIT_LINE)
        return diag_set(d, E_LINE_TOO_LONG, "%s line 1", BATCH_FILE);
    return header_parse(line, &k->header, d);
}

static enum err is_missing(const char *path, struct diag *d)
{
    enum err e = diag_set(d, E_MEDIUM, "%s: there is no %s", path, BATCH_FILE);
    diag_advise(d, "name a folder that ra new made");
    return e;
}

static enum err read_batch(struct desk *k, const char *path, struct diag *d)
{
    bool found = false;
    enum err e = file_read(k->fd, BATCH_FILE, LIMIT_BATCH_BYTES, &k->bytes, &found, d);
    if (e == E_OK && !found)
        e = is_missing(path, d);
    if (e == E_OK && (e = merkle_lines_root(buf_span(&k->bytes), k->digest)) != E_OK)
        diag_set(d, e, BATCH_FILE);
    k->requests = (struct lines){.rest = buf_span(&k->bytes)};
    return e != E_OK ? e : read_header(k, d);
}

static enum err copy_batch(struct desk *k, const char *path, int folder, struct diag *d)
{
    struct merkle_lines root;
    if (faccessat(k->fd, BATCH_FILE, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        return is_missing(path, d);
    enum err e = merkle_lines_begin(&root);
    if (e != E_OK)
        return diag_set(d, e, BATCH_FILE);
    e = spool_copy(folder, k->fd, BATCH_FILE, LIMIT_BATCH_BYTES, merkle_lines_take, &root, &k->copy, d);
    if (e == E_OK && (e = merkle_lines_end(&root, k->digest)) != E_OK)
        diag_set(d, e, BATCH_FILE);
    merkle_lines_free(&root);
    k->requests = lines_of(&k->copy);
    return e != E_OK ? e : read_header(k, d);
}

enum err desk_open(const char *path, struct desk *out, struct diag *d)
{
    *out = (struct desk){.fd = -1};
    enum err e = file_open_dir(path, &out->fd, d);
    return e != E_OK ? e : read_batch(out, path, d);
}

enum err desk_open_copy(const char *path, int folder, struct desk *out, struct diag *d)
{
    *out = (struct desk){.fd = -1};
    enum err e = file_open_dir(path, &out->fd, d);
    return e != E_OK ? e : copy_batch(out, path, folder, d);
}

enum err desk_open_locked(const char *path, struct desk *out, struct diag *d)
{
    *out = (struct desk){.fd = -1};
    enum err e = file_open_dir(path, &out->fd, d);
    if (e == E_OK) {
        desk_tidy(out->fd);
        e = desk_lock(out->fd, path, d);
    }
    return e != E_OK ? e : read_batch(out, path, d);
}

enum err desk_lock(int fd, const char *path, struct diag *d)
{
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return E_OK;
    return errno == EWOULDBLOCK ? diag_set(d, E_BATCH_LOCKED, "%s", path) : diag_errno(d, errno, "locking %s", path);
}

static bool is_left_over(const char *name)
{
    const size_t n = strlen(name);
    char of[LIMIT_TOKEN_TEXT + 1];
    if (n <= strlen(TEMPORARY) || n >= sizeof of || strcmp(name + n - strlen(TEMPORARY), TEMPORARY) != 0)
        return false;
    snprintf(of, sizeof of, "%.*s", (int)(n - strlen(TEMPORARY)), name);
    return strcmp(of, BATCH_FILE) == 0 || intake_is_approval(of);
}

void desk_tidy(int fd)
{
    struct file_list list = {0};
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return;
    if (file_list(fd, 16 * LIMIT_MEDIUM_FILES, &list, NULL) == E_OK)
        for (size_t i = 0; i < list.n; i++)
            if (is_left_over(list.names[i]))
                (void)unlinkat(fd, list.names[i], 0); /* what stays is told as any strange file is */
    file_list_free(&list);
    flock(fd, LOCK_UN);
}

enum err desk_unchanged(const struct desk *k, struct diag *d)
{
    struct buf now = {0};
    bool found = false;
    enum err e = file_read(k->fd, BATCH_FILE, LIMIT_BATCH_BYTES, &now, &found, d);
    if (e == E_OK && (!found || now.len != k->bytes.len || memcmp(now.data, k->bytes.data, now.len) != 0)) {
        e = diag_set(d, E_MEDIUM_CHANGED, "%s is not what was shown any more", BATCH_FILE);
        diag_advise(d, "run it again and read what it shows now");
    }
    buf_free(&now);
    return e;
}

void desk_close(struct desk *k)
{
    if (k->fd >= 0)
        close(k->fd);
    buf_free(&k->bytes);
    spool_free(&k->copy);
    *k = (struct desk){.fd = -1};
}

bool desk_next(struct lines *requests, struct span *line, enum err *line_error)
{
    *line_error = E_OK;
    if (!lines_next(requests, line, NULL))
        return false;
    if (line->n > LIMIT_LINE) {
        *line_error = E_LINE_TOO_LONG;
        line->n = 0;
    }
    return true;
}

int64_t desk_count(const struct desk *k)
{
    struct lines requests = k->requests;
    struct span line;
    int64_t n = 0;
    while (lines_next(&requests, &line, NULL))
        n++;
    return n;
}

enum err desk_check_count(const struct desk *k, struct diag *d)
{
    int64_t n = desk_count(k);
    return n == k->header.count ? E_OK
                                : diag_set(d, E_BATCH_COUNT,
                                           "requests announced by the header: %" PRId64 ", in the file: %" PRId64,
                                           k->header.count, n);
}

enum err desk_share(int fd, struct diag *d)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return diag_errno(d, errno, "the batch's folder");
    bool mine = st.st_uid == geteuid() && (st.st_mode & 0777) == 0700; /* as it is made; another mode was chosen by somebody */
    if ((st.st_mode & S_ISGID) != 0 && mine && fchmod(fd, S_ISGID | 0770) != 0)
        return diag_errno(d, errno, "the batch's folder: giving it to its group");
    return E_OK;
}

enum err desk_put(int fd, const char *name, const void *p, size_t n, struct diag *d)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return diag_errno(d, errno, "%s", name);
    return file_write_mode(fd, name, p, n, (st.st_mode & S_ISGID) != 0 ? 0640 : 0600, d);
}

enum err desk_write(int fd, const struct batch_header *h, struct span lines, struct diag *d)
{
    struct buf out = {0};
    enum err e = header_write(h, &out);
    buf_append_byte(&out, '\n');
    if (lines.n > 0)
        buf_append(&out, lines.p, lines.n);
    if (e == E_OK)
        e = buf_err(&out);
    if (e != E_OK)
        diag_set(d, e, BATCH_FILE);
    else if (out.len > LIMIT_BATCH_BYTES)
        e = diag_set(d, E_MEDIUM_LIMIT, "%s would have %zu bytes, allowed are %u", BATCH_FILE, out.len,
                     LIMIT_BATCH_BYTES);
    else
        e = desk_put(fd, BATCH_FILE, out.data, out.len, d);
    buf_free(&out);
    return e;
}

enum err desk_approvals(int fd, struct file_list *out, struct diag *d)
{
    enum err e = file_list(fd, 16 * LIMIT_MEDIUM_FILES, out, d);
    size_t kept = 0;
    for (size_t i = 0; i < out->n; i++) {
        if (intake_is_approval(out->names[i]))
            out->names[kept++] = out->names[i];
        else
            free(out->names[i]);
    }
    out->n = kept;
    return e;
}

enum err desk_check_unapproved(const struct desk *k, struct diag *d)
{
    struct file_list list;
    enum err e = desk_approvals(k->fd, &list, d);
    if (e == E_OK && list.n > 0) {
        e = diag_set(d, E_APPROVAL_SIGNATURE, "%s is there and would not fit the batch any more", list.names[0]);
        diag_advise(d, "remove the approvals, change the batch, and have it approved anew");
    }
    file_list_free(&list);
    return e;
}

bool desk_split(const char *path, char *dir, const char **name)
{
    const char *slash = strrchr(path, '/');
    *name = slash != NULL ? slash + 1 : path;
    const char *from = slash != NULL ? path : ".";
    size_t n = slash == NULL || slash == path ? 1 : (size_t)(slash - path);
    memcpy(dir, from, n);
    dir[n] = '\0';
    return **name != '\0' && strcmp(*name, ".") != 0 && strcmp(*name, "..") != 0;
}
