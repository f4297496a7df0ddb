#include "batch/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/header.h"
#include "core/file.h"
#include "core/limits.h"
#include "core/text.h"
#include "log/merkle_lines.h"

#define INCOMING "incoming.tmp"

bool intake_is_approval(const char *name)
{
    size_t n = strlen(name);
    size_t prefix = strlen(AUTHORISATION_PREFIX);
    return n > 4 && strcmp(name + n - 4, ".p7s") == 0 && strncmp(name, AUTHORISATION_PREFIX, prefix) != 0;
}

static enum err check_names(const struct file_list *list, struct diag *d)
{
    bool batch = false;
    for (size_t i = 0; i < list->n; i++) {
        const char *name = list->names[i];
        if (!text_is_token(name, LIMIT_TOKEN_TEXT))
            return diag_set(d, E_MEDIUM_FILE, "the name %s is not plain", name);
        if (strcmp(name, BATCH_FILE) == 0)
            batch = true;
        else if (!intake_is_approval(name))
            return diag_set(d, E_MEDIUM_FILE, "%s is neither %s nor an approval (*.p7s)", name, BATCH_FILE);
    }
    return batch ? E_OK : diag_set(d, E_MEDIUM, "there is no %s in the folder", BATCH_FILE);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
           a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static enum err copy_bytes(int in, int out, const char *name, int64_t max, struct diag *d)
{
    uint8_t bytes[64 * 1024];
    int64_t total = 0;
    for (;;) {
        ssize_t n = read(in, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return diag_errno(d, errno, "reading %s", name);
        if (n == 0)
            return E_OK;
        total += n;
        if (total > max)
            return diag_set(d, E_MEDIUM_LIMIT, "%s has more than %lld bytes", name, (long long)max);
        enum err e = file_write_all(out, bytes, (size_t)n, name, d);
        if (e != E_OK)
            return e;
    }
}

/* The name must still lead to the file that was read, and nobody may have written to it. */
static enum err check_unchanged(int from, const char *name, const struct stat *before, struct diag *d)
{
    struct stat after;
    if (fstatat(from, name, &after, AT_SYMLINK_NOFOLLOW) != 0 || !same_file(before, &after))
        return diag_set(d, E_MEDIUM_CHANGED, "%s", name);
    return E_OK;
}

static enum err copy_file(int from, int to, const char *name, int64_t max, struct diag *d)
{
    struct stat before;
    int in, out = -1;
    enum err e = file_open_regular(from, name, &in, &before, d);
    if (e == E_OK && in < 0) /* it was listed a moment ago */
        e = diag_set(d, E_MEDIUM_CHANGED, "%s", name);
    if (e != E_OK)
        return e;
    out = file_open_beneath(to, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    e = out < 0 ? diag_errno(d, errno, "archive: %s", name) : copy_bytes(in, out, name, max, d);
    if (e == E_OK)
        e = check_unchanged(from, name, &before, d);
    if (e == E_OK)
        e = file_sync(out, name, d);
    if (out >= 0)
        close(out);
    close(in);
    return e;
}

static enum err copy_all(int from, int to, const struct file_list *list, const struct policy_limits *limits,
                         struct diag *d)
{
    enum err e = E_OK;
    for (size_t i = 0; i < list->n && e == E_OK; i++)
        e = copy_file(from, to, list->names[i], intake_is_approval(list->names[i]) ? LIMIT_APPROVAL_BYTES : limits->batch_bytes,
                      d);
    return e != E_OK ? e : file_sync(to, "archive", d);
}

/* Only what came counts: the plan and the authorisations are later added beside it. */
enum err intake_digest(int dir_fd, struct intake *out, struct diag *d)
{
    struct file_list list = {0};
    struct buf names = {0};
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    *out = (struct intake){0};
    enum err e = file_list(dir_fd, 16 * LIMIT_MEDIUM_FILES, &list, d);
    for (size_t i = 0; i < list.n && e == E_OK; i++) {
        bool batch = strcmp(list.names[i], BATCH_FILE) == 0;
        if (!batch && !intake_is_approval(list.names[i]))
            continue;
        e = file_digest(dir_fd, list.names[i], batch ? LIMIT_BATCH_BYTES : LIMIT_APPROVAL_BYTES, digest, d);
        if (e == E_MEDIUM_LIMIT) /* nothing of that size was taken in */
            e = diag_set(d, E_ARCHIVE, "%s is larger than it can have come", list.names[i]);
        if (e != E_OK)
            break;
        hex_encode(digest, DIGEST_LEN, hex);
        buf_printf(&names, "%s %s\n", list.names[i], hex);
        if (batch)
            e = merkle_lines_root_file(dir_fd, BATCH_FILE, LIMIT_BATCH_BYTES, out->batch, d);
    }
    if (e == E_OK)
        e = buf_err(&names);
    if (e == E_OK)
        e = digest_bytes(DIGEST_SHA256, names.data, names.len, out->digest);
    hex_encode(out->digest, DIGEST_LEN, out->dir);
    buf_free(&names);
    file_list_free(&list);
    return e;
}

/* The folder moves into place whole; when it is there already it holds the same files, and the copy is dropped. */
static enum err settle(int archive_fd, const struct intake *in, struct diag *d)
{
    struct stat st;
    if (fstatat(archive_fd, in->dir, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return file_remove_dir(archive_fd, INCOMING, d);
    return file_rename(archive_fd, INCOMING, in->dir, d);
}

/* What the appliance asks itself for needs no approvals, so it comes from nobody else. A header that cannot be read is the
 * planner's to refuse. */
static enum err check_foreign(int dir_fd, struct diag *d)
{
    struct batch_header h;
    if (header_read(dir_fd, &h, NULL) == E_OK && header_is_own(&h))
        return diag_set(d, E_RA, "%s stands for the appliance itself, whose batches come on no medium", h.ra);
    return E_OK;
}

enum err intake_copy(const char *from, int archive_fd, const struct policy_limits *limits, struct intake *out,
                     struct diag *d)
{
    struct file_list list = {0};
    int from_fd = -1, to_fd = -1;
    *out = (struct intake){0};
    enum err e = file_open_dir(from, &from_fd, d);
    if (e != E_OK)
        goto out;
    e = file_list(from_fd, LIMIT_MEDIUM_FILES, &list, d);
    if (e == E_OK)
        e = check_names(&list, d);
    if (e == E_OK)
        e = file_remove_dir(archive_fd, INCOMING, d); /* what an interrupted intake left */
    if (e == E_OK)
        e = file_make_dir(archive_fd, INCOMING, &to_fd, d);
    if (e == E_OK)
        e = copy_all(from_fd, to_fd, &list, limits, d);
    if (e == E_OK)
        e = check_foreign(to_fd, d);
    if (e == E_OK)
        e = intake_digest(to_fd, out, d);
    if (e == E_OK)
        e = settle(archive_fd, out, d);
out:
    if (to_fd >= 0)
        close(to_fd);
    if (from_fd >= 0)
        close(from_fd);
    file_list_free(&list);
    return e;
}

enum err intake_put(int archive_fd, struct span batch, struct intake *out, struct diag *d)
{
    int fd = -1;
    *out = (struct intake){0};
    enum err e = file_remove_dir(archive_fd, INCOMING, d);
    if (e == E_OK)
        e = file_make_dir(archive_fd, INCOMING, &fd, d);
    if (e == E_OK)
        e = file_write(fd, BATCH_FILE, batch.p, batch.n, d);
    if (e == E_OK)
        e = intake_digest(fd, out, d);
    if (e == E_OK)
        e = settle(archive_fd, out, d);
    if (fd >= 0)
        close(fd);
    return e;
}
