#include "calls.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

const struct call calls[] = {
    {SYS_open, "open", CALL_OPEN, -1, 0, -1, -1, 1},
    {SYS_openat, "openat", CALL_OPEN, 0, 1, -1, -1, 2},
    {SYS_openat2, "openat2", CALL_OPEN, 0, 1, -1, -1, 2},
    {SYS_creat, "creat", CALL_OPEN, -1, 0, -1, -1, -1},
    {SYS_read, "read", CALL_READ, 0, -1, -1, -1, -1},
    {SYS_pread64, "pread64", CALL_READ, 0, -1, -1, -1, -1},
    {SYS_write, "write", CALL_WRITE, 0, -1, -1, -1, -1},
    {SYS_pwrite64, "pwrite64", CALL_WRITE, 0, -1, -1, -1, -1},
    {SYS_fsync, "fsync", CALL_SYNC, 0, -1, -1, -1, -1},
    {SYS_fdatasync, "fdatasync", CALL_SYNC, 0, -1, -1, -1, -1},
    {SYS_syncfs, "syncfs", CALL_SYNC, 0, -1, -1, -1, -1},
    {SYS_ftruncate, "ftruncate", CALL_TRUNCATE, 0, -1, -1, -1, -1},
    {SYS_rename, "rename", CALL_RENAME, -1, 0, -1, 1, -1},
    {SYS_renameat, "renameat", CALL_RENAME, 0, 1, 2, 3, -1},
    {SYS_renameat2, "renameat2", CALL_RENAME, 0, 1, 2, 3, -1},
    {SYS_unlink, "unlink", CALL_UNLINK, -1, 0, -1, -1, -1},
    {SYS_unlinkat, "unlinkat", CALL_UNLINK, 0, 1, -1, -1, -1},
    {SYS_rmdir, "rmdir", CALL_UNLINK, -1, 0, -1, -1, -1},
    {SYS_mkdir, "mkdir", CALL_MKDIR, -1, 0, -1, -1, -1},
    {SYS_mkdirat, "mkdirat", CALL_MKDIR, 0, 1, -1, -1, -1},
    {SYS_fchmod, "fchmod", CALL_MODE, 0, -1, -1, -1, -1},
    {SYS_chmod, "chmod", CALL_MODE, -1, 0, -1, -1, -1},
    {SYS_fchmodat, "fchmodat", CALL_MODE, 0, 1, -1, -1, -1},
    {SYS_getdents64, "getdents64", CALL_ASK, 0, -1, -1, -1, -1},
    {SYS_stat, "stat", CALL_ASK, -1, 0, -1, -1, -1},
    {SYS_lstat, "lstat", CALL_ASK, -1, 0, -1, -1, -1},
    {SYS_fstat, "fstat", CALL_ASK, 0, -1, -1, -1, -1},
    {SYS_newfstatat, "newfstatat", CALL_ASK, 0, 1, -1, -1, -1},
    {SYS_statx, "statx", CALL_ASK, 0, 1, -1, -1, -1},
    {SYS_faccessat, "faccessat", CALL_ASK, 0, 1, -1, -1, -1},
    {SYS_faccessat2, "faccessat2", CALL_ASK, 0, 1, -1, -1, -1},
    {SYS_flock, "flock", CALL_ASK, 0, -1, -1, -1, -1},
    {0, NULL, CALL_ASK, -1, -1, -1, -1, -1},
};

bool calls_memory(pid_t tid, uint64_t at, void *out, size_t n)
{
    struct iovec local = {out, n}, remote = {(void *)at, n};
    return process_vm_readv(tid, &local, 1, &remote, 1, 0) == (ssize_t)n;
}

/* A path ends at a page's end at the latest, or goes on in the next page that is there. */
static bool read_path(pid_t tid, uint64_t at, char out[PATH_MAX])
{
    size_t n = 0;
    while (n < PATH_MAX) {
        size_t part = 4096 - ((at + n) & 4095);
        if (part > PATH_MAX - n)
            part = PATH_MAX - n;
        if (!calls_memory(tid, at + n, out + n, part))
            return false;
        if (memchr(out + n, '\0', part) != NULL)
            return true;
        n += part;
    }
    return false;
}

static bool read_link(pid_t tid, const char *what, int fd, char out[PATH_MAX])
{
    char name[64];
    if (fd >= 0)
        snprintf(name, sizeof name, "/proc/%d/fd/%d", (int)tid, fd);
    else
        snprintf(name, sizeof name, "/proc/%d/%s", (int)tid, what);
    ssize_t n = readlink(name, out, PATH_MAX - 1);
    if (n < 0)
        return false;
    out[n] = '\0';
    return true;
}

/* Drop "/." and doubled slashes; the programs use no "..". */
static void tidy(char *path)
{
    char *to = path;
    for (const char *p = path; *p != '\0'; p++) {
        if (p[0] == '/' && (p[1] == '/' || p[1] == '\0' || (p[1] == '.' && (p[2] == '/' || p[2] == '\0')))) {
            p += p[1] == '.';
            continue;
        }
        *to++ = *p;
    }
    *to = '\0';
}

static bool resolve(pid_t tid, const uint64_t args[6], int dir_at, int path_at, char out[PATH_MAX])
{
    char name[PATH_MAX] = "", dir[PATH_MAX];
    int fd = dir_at >= 0 ? (int)args[dir_at] : AT_FDCWD;
    if (path_at >= 0 && !read_path(tid, args[path_at], name))
        return false;
    if (name[0] == '/') {
        memcpy(out, name, PATH_MAX);
    } else {
        if (fd < 0 && fd != AT_FDCWD)
            return false;
        if (!read_link(tid, "cwd", fd, dir) || snprintf(out, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX)
            return false;
    }
    tidy(out);
    return true;
}

static bool is_below(const char *path, const char *under)
{
    size_t n = strlen(under);
    return strncmp(path, under, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* Where the thread's next write() to this descriptor goes. */
static uint64_t position(pid_t tid, int fd, const char *path)
{
    char name[64], line[128];
    unsigned long long at = 0, flags = 0;
    struct stat st;
    snprintf(name, sizeof name, "/proc/%d/fdinfo/%d", (int)tid, fd);
    FILE *f = fopen(name, "r");
    if (f == NULL)
        return 0;
    while (fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, "pos:", 4) == 0)
            at = strtoull(line + 4, NULL, 10);
        if (strncmp(line, "flags:", 6) == 0)
            flags = strtoull(line + 6, NULL, 8);
    }
    fclose(f);
    return (flags & O_APPEND) != 0 && stat(path, &st) == 0 ? (uint64_t)st.st_size : at;
}

static void look_at_open(struct touch *t)
{
    struct open_how how = {0};
    struct stat st;
    if (t->call->nr == SYS_creat)
        t->open_flags = O_CREAT | O_TRUNC | O_WRONLY;
    else if (t->call->nr == SYS_openat2 && calls_memory(t->tid, t->args[2], &how, sizeof how))
        t->open_flags = how.flags;
    else
        t->open_flags = t->args[t->call->flags_at];
    bool there = lstat(t->path, &st) == 0;
    t->creates = (t->open_flags & O_CREAT) != 0 && !there;
    t->truncates = (t->open_flags & O_TRUNC) != 0 && there && st.st_size > 0;
}

bool calls_touch(pid_t tid, const struct user_regs_struct *regs, const char *under, struct touch *out)
{
    const struct call *c = calls;
    while (c->name != NULL && c->nr != (long)regs->orig_rax)
        c++;
    if (c->name == NULL)
        return false;
    *out = (struct touch){.call = c, .tid = tid,
                          .args = {regs->rdi, regs->rsi, regs->rdx, regs->r10, regs->r8, regs->r9}};
    if (!resolve(tid, out->args, c->dir_at, c->path_at, out->path) || !is_below(out->path, under))
        return false;
    if (c->what == CALL_RENAME && !resolve(tid, out->args, c->dir2_at, c->path2_at, out->path2))
        return false;
    if (c->what == CALL_OPEN)
        look_at_open(out);
    if (c->what == CALL_WRITE)
        out->offset = c->nr == SYS_pwrite64 ? out->args[3] : position(tid, (int)out->args[0], out->path);
    return true;
}
