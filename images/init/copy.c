#include "copy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/digest.h"
#include "core/file.h"
#include "core/limits.h"

#define ENTRIES 100000 /* in one folder */

struct pair {
    int from, to; /* folders */
};

static void close_pair(struct pair *p)
{
    if (p->from >= 0)
        close(p->from);
    if (p->to >= 0)
        close(p->to);
}

static enum err put(void *arg, struct span piece)
{
    return file_write_all(*(int *)arg, piece.p, piece.n, "the copy", NULL);
}

static enum err compare(const struct pair *p, const char *name, struct diag *d)
{
    uint8_t here[DIGEST_LEN] = {0}, there[DIGEST_LEN] = {0};
    enum err e = file_digest(p->from, name, LIMIT_ARCHIVE_BYTES, here, d);
    if (e == E_OK)
        e = file_digest(p->to, name, LIMIT_ARCHIVE_BYTES, there, d);
    return e == E_OK && memcmp(here, there, DIGEST_LEN) != 0 ? diag_set(d, E_READ_BACK, "%s", name) : e;
}

static enum err copy_file(const struct pair *p, const char *name, struct diag *d)
{
    int fd = file_open_beneath(p->to, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0)
        return diag_errno(d, errno, "%s", name);
    struct diag why = {0};
    enum err e = file_take_all(p->from, name, LIMIT_ARCHIVE_BYTES, put, &fd, &why);
    if (e != E_OK)
        e = diag_wrap(d, e, &why, "%s", name);
    if (e == E_OK)
        e = file_sync(fd, name, d);
    if (e == E_OK) /* or it would be read from memory */
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
    return e == E_OK ? compare(p, name, d) : e;
}

static enum err copy_below(const struct pair *p, bool (*pass_over)(const char *name), struct diag *d);

static enum err copy_entry(const struct pair *p, const char *name, bool (*pass_over)(const char *name), struct diag *d)
{
    struct stat st;
    if (fstatat(p->from, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return diag_errno(d, errno, "%s", name);
    if (S_ISREG(st.st_mode))
        return copy_file(p, name, d);
    if (!S_ISDIR(st.st_mode))
        return E_OK;
    struct pair below = {-1, -1};
    enum err e = file_open_dir_beneath(p->from, name, &below.from, d);
    if (e == E_OK)
        e = file_make_dir(p->to, name, &below.to, d);
    if (e == E_OK)
        e = copy_below(&below, pass_over, d);
    close_pair(&below);
    return e;
}

static enum err copy_below(const struct pair *p, bool (*pass_over)(const char *name), struct diag *d)
{
    struct file_list list = {0};
    enum err e = file_list(p->from, ENTRIES, &list, d);
    for (size_t i = 0; i < list.n && e == E_OK; i++)
        if (pass_over == NULL || !pass_over(list.names[i]))
            e = copy_entry(p, list.names[i], pass_over, d);
    file_list_free(&list);
    return e == E_OK ? file_sync(p->to, "the copy", d) : e;
}

enum err copy_folder(const char *from, const char *to, bool (*pass_over)(const char *name), struct diag *d)
{
    struct pair p = {-1, -1};
    struct stat st;
    if (lstat(to, &st) == 0)
        return diag_set(d, E_FOLDER_OCCUPIED, "%s", to);
    enum err e = file_open_dir(from, &p.from, d);
    if (e == E_OK)
        e = file_make_path(to, &p.to, d);
    if (e == E_OK)
        e = copy_below(&p, pass_over, d);
    close_pair(&p);
    return e;
}
