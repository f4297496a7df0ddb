#include "batch/export.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/bundle.h"
#include "core/file.h"
#include "core/map.h"

#define REFUSAL_FILE "refusal.json"

/* By name only: opening the medium is the matter of the process that writes to it. */
enum err export_check(const char *to, struct diag *d)
{
    struct stat st;
    if (stat(to, &st) != 0)
        return errno == ENOENT ? diag_set(d, E_MEDIUM, "%s: there is no such folder", to) : diag_errno(d, errno, "%s", to);
    if (!S_ISDIR(st.st_mode))
        return diag_set(d, E_MEDIUM, "%s: not a folder", to);
    return access(to, W_OK | X_OK) == 0 ? E_OK : diag_errno(d, errno, "%s", to);
}

/* The bundle in the archive is ours, or was. */
static enum err as_archive(enum err e, const char *name, struct diag *d)
{
    return e == E_MEDIUM_LIMIT ? diag_set(d, E_ARCHIVE, "%s/%s is larger than any we make", BUNDLE_DIR, name) : e;
}

static enum err copy_one(int from, int to, const char *name, struct diag *d)
{
    struct span bytes = {0};
    enum err e = as_archive(map_open(from, name, LIMIT_ARCHIVE_BYTES, &bytes, d), name, d);
    if (e != E_OK)
        return e;
    int fd = file_open_beneath(to, name, O_WRONLY | O_CREAT | O_EXCL, 0644);
    e = fd < 0 ? diag_errno(d, errno, "medium: %s", name) : file_write_all(fd, bytes.p, bytes.n, name, d);
    if (e == E_OK) /* bundles are no secret; a medium without modes (FAT) may say no */
        (void)!fchmod(fd, 0644);
    if (e == E_OK)
        e = file_sync(fd, name, d);
    if (e == E_OK) /* so that the comparison below reads the medium and not the cache */
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    if (fd >= 0)
        close(fd);
    map_close(&bytes);
    return e;
}

static enum err compare_one(int a, int b, const char *name, bool *same, struct diag *d)
{
    uint8_t x[DIGEST_LEN] = {0}, y[DIGEST_LEN] = {0};
    struct stat ours, theirs;
    *same = false;
    if (fstatat(b, name, &theirs, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(theirs.st_mode))
        return E_OK;
    if (fstatat(a, name, &ours, AT_SYMLINK_NOFOLLOW) != 0)
        return diag_errno(d, errno, "%s/%s", BUNDLE_DIR, name);
    if (ours.st_size != theirs.st_size) /* theirs may have been made so that reading it would take years */
        return E_OK;
    enum err e = as_archive(file_digest(a, name, LIMIT_ARCHIVE_BYTES, x, d), name, d);
    if (e == E_OK)
        e = file_digest(b, name, (size_t)ours.st_size, y, d);
    if (e == E_MEDIUM_LIMIT) /* it has grown since */
        return E_OK;
    *same = e == E_OK && memcmp(x, y, DIGEST_LEN) == 0;
    return e;
}

/* The same files with the same content on both sides, and nothing else. */
static enum err compare_all(int from, int to, const struct file_list *list, bool *same, struct diag *d)
{
    struct file_list there = {0};
    *same = false;
    enum err e = file_list(to, LIMIT_MEDIUM_FILES, &there, d);
    if (e == E_MEDIUM_LIMIT) /* so many cannot be the same */
        e = E_OK;
    *same = e == E_OK && there.n == list->n;
    for (size_t i = 0; e == E_OK && *same && i < list->n; i++)
        e = compare_one(from, to, list->names[i], same, d);
    file_list_free(&there);
    return e;
}

static enum err check_existing(int from, int to_fd, const char *name, const struct file_list *list, bool *done,
                               struct diag *d)
{
    struct stat st;
    bool same = false;
    *done = false;
    if (fstatat(to_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return E_OK;
    int fd = file_open_beneath(to_fd, name, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0 && errno == EXDEV)
        return diag_set(d, E_MEDIUM_FILE, "medium: %s: another file system is mounted there", name);
    if (fd < 0)
        return diag_set(d, E_FOLDER_OCCUPIED, "medium: %s", name);
    enum err e = compare_all(from, fd, list, &same, d);
    close(fd);
    if (e == E_OK && !same)
        e = diag_set(d, E_FOLDER_OCCUPIED, "medium: %s holds something else", name);
    *done = e == E_OK;
    return e;
}

static enum err copy_folder(int from, int to_fd, const char *name, const struct file_list *list, struct diag *d)
{
    char tmp[EXPORT_NAME + 8];
    bool same = false;
    int fd = -1;
    snprintf(tmp, sizeof tmp, "%s.tmp", name);
    enum err e = file_remove_dir(to_fd, tmp, d);
    if (e == E_FOLDER_OCCUPIED)
        e = diag_set(d, e, "medium: %s holds what no export leaves there: remove it, or take another medium", tmp);
    if (e == E_OK)
        e = file_make_dir(to_fd, tmp, &fd, d);
    if (e == E_OK)
        (void)!fchmod(fd, 0755);
    for (size_t i = 0; i < list->n && e == E_OK; i++)
        e = copy_one(from, fd, list->names[i], d);
    if (e == E_OK)
        e = file_sync(fd, tmp, d);
    if (e == E_OK)
        e = compare_all(from, fd, list, &same, d);
    if (e == E_OK && !same)
        e = diag_set(d, E_READ_BACK, "medium: %s", name);
    if (fd >= 0)
        close(fd);
    return e != E_OK ? e : file_rename(to_fd, tmp, name, d);
}

/* A medium that was pulled out or unmounted meanwhile may take all writes of a folder that is still open. What is called
 * done is therefore looked for anew, by the way on which its reader will come. */
static enum err check_there(const char *to, const char *name, const struct stat *written, struct diag *d)
{
    struct stat there = {0};
    int fd = -1;
    enum err e = file_open_dir(to, &fd, d);
    /* Under the sandbox a folder that was hidden below the medium cannot even be opened. */
    if (e != E_NO_MEMORY && (e != E_OK || fstatat(fd, name, &there, AT_SYMLINK_NOFOLLOW) != 0 ||
                             there.st_dev != written->st_dev || there.st_ino != written->st_ino))
        e = diag_set(d, E_READ_BACK, "medium: %s is not there any more", name);
    if (fd >= 0)
        close(fd);
    return e;
}

static enum err export_folder(int from, const char *to, const char *name, struct diag *d)
{
    struct file_list list = {0};
    struct stat written;
    bool done = false;
    int to_fd = -1;
    enum err e = file_open_dir(to, &to_fd, d);
    if (e == E_OK)
        e = file_list(from, LIMIT_MEDIUM_FILES, &list, d);
    if (e == E_OK)
        e = check_existing(from, to_fd, name, &list, &done, d);
    if (e == E_OK && !done)
        e = copy_folder(from, to_fd, name, &list, d);
    else if (e == E_OK) /* the run that renamed it may have been killed before its sync */
        e = file_sync(to_fd, name, d);
    if (e == E_OK && fstatat(to_fd, name, &written, AT_SYMLINK_NOFOLLOW) != 0)
        e = diag_errno(d, errno, "medium: %s", name);
    if (e == E_OK)
        e = check_there(to, name, &written, d);
    file_list_free(&list);
    if (to_fd >= 0)
        close(to_fd);
    return e;
}

enum err export_bundle(struct state *s, const uint8_t intake[DIGEST_LEN], const char *to, char name[EXPORT_NAME],
                       struct diag *d)
{
    struct plan plan = {0};
    char hex[DIGEST_HEX];
    int dir_fd = -1, from = -1;
    name[0] = '\0';
    enum err e = state_open_batch(s, intake, &dir_fd, d);
    if (e == E_OK)
        e = plan_open(dir_fd, &plan, d);
    if (e == E_OK) {
        hex_encode(plan.header.batch, DIGEST_LEN, hex);
        snprintf(name, EXPORT_NAME, "%s-%lld-%.8s", plan.header.ra, (long long)plan.header.sequence, hex);
        from = openat(dir_fd, BUNDLE_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (from < 0)
            e = diag_set(d, E_BUNDLE_MISSING, "%s", name);
    }
    if (e == E_OK)
        e = export_folder(from, to, name, d);
    plan_close(&plan);
    if (from >= 0)
        close(from);
    if (dir_fd >= 0)
        close(dir_fd);
    return e;
}

static enum err write_refusal(struct state *s, const struct planned *p, int fd, struct diag *d)
{
    char batch[DIGEST_HEX];
    struct buf out = {0};
    bool seen = false;
    uint64_t seq = 0;
    /* the words of the first refusal stay: a later run with the same code may have others (the next number has moved) */
    if (faccessat(fd, REFUSAL_FILE, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return E_OK;
    hex_encode(p->intake.batch, DIGEST_LEN, batch);
    enum err e = index_seen(s->index, p->intake.digest, err_name(p->refused), &seen, &seq, d);
    if (e != E_OK)
        return e;
    json_t *obj = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I}", "format", "rootseal-refusal-1", "batch", batch, "intake",
                            p->intake.dir, "code", err_name(p->refused), "clause", p->clause, "detail", p->detail,
                            "log", (json_int_t)seq);
    e = json_line_write(obj, &out);
    buf_append_byte(&out, '\n');
    json_decref(obj);
    if (e == E_OK)
        e = buf_err(&out);
    if (e == E_OK)
        e = file_write(fd, REFUSAL_FILE, out.data, out.len, d);
    buf_free(&out);
    return e;
}

enum err export_refusal(struct state *s, const struct planned *refused, const char *to, char name[EXPORT_NAME],
                        struct diag *d)
{
    int dir_fd = -1, from = -1;
    snprintf(name, EXPORT_NAME, "refused-%.8s-%s", refused->intake.dir, err_name(refused->refused));
    enum err e = state_open_batch(s, refused->intake.digest, &dir_fd, d);
    if (e == E_OK)
        e = file_make_dir(dir_fd, name, &from, d);
    if (e == E_OK)
        e = write_refusal(s, refused, from, d);
    if (e == E_OK)
        e = export_folder(from, to, name, d);
    if (from >= 0)
        close(from);
    if (dir_fd >= 0)
        close(dir_fd);
    return e;
}
