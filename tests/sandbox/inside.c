/* inside.c - a library that is loaded into a program to try, from inside, what its sandbox must not let it do.
 *
 *   INSIDE       the name of the process that does it: a program's (audit, ceremony, ra, signer) or a step's (intake,
 *                plan, sign, export)
 *   INSIDE_DOES  what it does: "read PATH", "write PATH", "link PATH" (make a symbolic link), "socket FAMILY" (a number),
 *                "exec", "fork", "mount", "namespace", "chmod PATH", "map-code" (memory to write and to execute), "type"
 *                (make the terminal type), "read-fd N" (read from a descriptor that was open)
 *
 * It acts right after the process has shut itself in, which ends with loading a filter. It says on stderr "inside: WHAT:
 * done" or the system's answer, and lets
 * the program go on. A process that is killed for it says nothing.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
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

static long try_clone(unsigned long flags)
{
    long pid = syscall(SYS_clone, flags, 0, 0, 0, 0);
    if (pid == 0)
        _exit(0);
    return pid;
}

static long do_it(const char *what)
{
    char buffer[64];
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
    if (strcmp(what, "fork") == 0)
        return try_clone(SIGCHLD);
    if (strcmp(what, "namespace") == 0)
        return try_clone(CLONE_NEWUSER | CLONE_NEWNET | SIGCHLD);
    if (strncmp(what, "chmod ", 6) == 0)
        return chmod(what + 6, 04755);
    if (strcmp(what, "type") == 0)
        return ioctl(STDERR_FILENO, TIOCSTI, "x");
    if (strncmp(what, "read-fd ", 8) == 0)
        return read(atoi(what + 8), buffer, sizeof buffer);
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
    return who != NULL && prctl(PR_GET_NAME, name) == 0 && strcmp(name, who) == 0;
}

static void act(void)
{
    const char *what = getenv("INSIDE_DOES");
    if (what != NULL)
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

