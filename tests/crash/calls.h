/* calls.h - what a system call that a traced program is about to make does to our files. x86-64 only. */
#ifndef ROOTSEAL_TESTS_CRASH_CALLS_H
#define ROOTSEAL_TESTS_CRASH_CALLS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

/* What a call does; the faults that fit it follow from that. */
enum call_what {
    CALL_OPEN,     /* flags in args[flags_at] */
    CALL_READ,     /* reads file data: fd, buffer, count */
    CALL_WRITE,    /* writes file data: fd, buffer, count */
    CALL_SYNC,
    CALL_TRUNCATE,
    CALL_RENAME,
    CALL_UNLINK,
    CALL_MKDIR,
    CALL_MODE,     /* changes no content and no name */
    CALL_ASK,      /* stat, access, list, lock */
};

struct call {
    long nr;
    const char *name;
    enum call_what what;
    int dir_at, path_at;   /* arguments: -1 when there is none; a path without a dir is relative to the working folder */
    int dir2_at, path2_at; /* the second name, of a rename */
    int flags_at;          /* of an open */
};

/* All calls that can touch a file, ended by a NULL name. */
extern const struct call calls[];

/* A call that a stopped thread is about to make, when it touches something below `under`. Paths are absolute, with links
 * of the path's folders not resolved. */
struct touch {
    const struct call *call;
    pid_t tid;
    uint64_t args[6];
    char path[PATH_MAX], path2[PATH_MAX];
    uint64_t open_flags;
    bool creates, truncates; /* an open that will make, or empty, the file */
    uint64_t offset;         /* a write's */
};

/* False when the call in regs touches nothing below `under` (absolute, without a slash at its end). */
bool calls_touch(pid_t tid, const struct user_regs_struct *regs, const char *under, struct touch *out);

/* n bytes of the thread's memory; false when they cannot be read. */
bool calls_memory(pid_t tid, uint64_t at, void *out, size_t n);

#endif
