/* inside.c - a library that is loaded into a program to try, from inside, what its sandbox must not let it do.
 *
 *   INSIDE       the name of the process that does it: a program's (audit, ceremony, ra, signer) or a step's (intake,
 *                plan, sign, export)
 *   INSIDE_DOES  what it does: "read PATH", "write PATH", "link PATH" (make a symbolic link), "socket FAMILY" (a number),
 *                "exec", "mount", "map-code" (memory to write and to execute)
 *
 * It acts once, right after the process has shut itself in: after landlock_restrict_self where there is no filter to
 * follow, else after the last filter was loaded. It says on stderr "inside: WHAT: done" or the system's answer, and lets
 * the program go on. A process that is killed for it says nothing.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void tell(const char *what, long r)
{
    const char *answer = r < 0 ? strerrorname_np(errno) : "done";
    dprintf(STDERR_FILENO, "inside: %s: %s\n", what, answer);
}

static long try_exec(void)
{
    char *const argv[] = {"true", NULL}, *const envp[] = {NULL};
    return execve("/bin/true", argv, envp);
}

static long do_it(const char *what)
{
    if (strncmp(what, "read ", 5) == 0)
        return open(what + 5, O_RDONLY | O_CLOEXEC);
    if (strncmp(what, "write ", 6) == 0)
        return open(what + 6, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (strncmp(what, "link ", 5) == 0)
        return symlink("/etc/passwd", what + 5);
    if (strncmp(what, "socket ", 7) == 0)
        return socket(atoi(what + 7), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (strcmp(what, "exec") == 0)
        return try_exec();
    if (strcmp(what, "mount") == 0)
        return mount("none", "/mnt", "tmpfs", 0, NULL);
    if (strcmp(what, "map-code") == 0)
        return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
    errno = EINVAL;
    return -1;
}

/* Asked beforehand: afterwards even this may be forbidden. */
static int is_me(void)
{
    const char *who = getenv("INSIDE");
    char name[17] = "";
    return who != NULL && getenv("INSIDE_DOES") != NULL && prctl(PR_GET_NAME, name) == 0 && strcmp(name, who) == 0;
}

static void act(void)
{
    const char *what = getenv("INSIDE_DOES");
    tell(what, do_it(what));
}

int seccomp_load(void *filter)
{
    int (*real)(void *) = (int (*)(void *))dlsym(RTLD_NEXT, "seccomp_load");
    int mine = is_me();
    int r = real(filter);
    if (mine)
        act();
    return r;
}

/* Only the step that signs has no filter of its own to load afterwards. */
long syscall(long number, ...)
{
    static long (*real)(long, ...);
    long a[6];
    va_list ap;
    va_start(ap, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(ap, long);
    va_end(ap);
    if (real == NULL)
        real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    long r = real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (number == SYS_landlock_restrict_self && is_me() && strcmp(getenv("INSIDE"), "sign") == 0)
        act();
    return r;
}
