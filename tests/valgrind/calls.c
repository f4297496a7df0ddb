/* calls.c - stands in front of the C library in a program under valgrind, which knows neither openat2 nor Landlock, and
 * makes system calls of its own that no filter allows. What is tested there is the programs' memory: they go without
 * being shut in, and believe that they are. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARGUMENTS 6

/* What openat2 would refuse, other cases show. */
static long open_plainly(int dirfd, const char *name, const struct open_how *how)
{
    return openat(dirfd, name, (int)how->flags | O_NOFOLLOW, (mode_t)how->mode);
}

static long ruleset(unsigned long flags)
{
    return (flags & LANDLOCK_CREATE_RULESET_VERSION) != 0 ? 1 : memfd_create("ruleset", MFD_CLOEXEC);
}

long syscall(long number, ...)
{
    static long (*next)(long, ...);
    unsigned long a[ARGUMENTS];
    va_list ap;
    va_start(ap, number);
    for (int i = 0; i < ARGUMENTS; i++)
        a[i] = va_arg(ap, unsigned long);
    va_end(ap);
    switch (number) {
    case SYS_openat2:
        return open_plainly((int)a[0], (const char *)a[1], (const struct open_how *)a[2]);
    case SYS_landlock_create_ruleset:
        return ruleset(a[2]);
    case SYS_seccomp: /* libseccomp asks what there is */
        errno = EINVAL;
        return a[0] == SECCOMP_GET_ACTION_AVAIL ? 0 : -1;
    case SYS_landlock_add_rule:
    case SYS_landlock_restrict_self:
        return 0;
    default:
        if (next == NULL)
            *(void **)&next = dlsym(RTLD_NEXT, "syscall");
        return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
}

int seccomp_load(void *filter);
int seccomp_load(void *filter)
{
    (void)filter;
    return 0;
}
