#include "readers.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#define PCSCD "/usr/sbin/pcscd"
#define AGAIN 5 /* seconds */

static struct {
    pid_t pid; /* 0: it does not run */
    int64_t started;
} daemon_state;

static int64_t seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

static _Noreturn void start(void)
{
    static char *const argv[] = {PCSCD, "--foreground", "--error", NULL};
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    const int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        (void)dup2(null, fd);
    if (setsid() > 0 && close_range(STDERR_FILENO + 1, ~0U, 0) == 0)
        execv(argv[0], argv);
    _exit(1);
}

void readers_keep(void)
{
    const int64_t now = seconds();
    if (daemon_state.pid != 0 || (daemon_state.started != 0 && now - daemon_state.started < AGAIN) ||
        access(PCSCD, X_OK) != 0)
        return;
    daemon_state.started = now;
    daemon_state.pid = fork();
    if (daemon_state.pid == 0)
        start();
    if (daemon_state.pid < 0)
        daemon_state.pid = 0;
}

void readers_ended(pid_t pid)
{
    if (pid == daemon_state.pid)
        daemon_state.pid = 0;
}

void readers_again(void)
{
    daemon_state.started = 0;
    if (daemon_state.pid != 0)
        kill(daemon_state.pid, SIGTERM);
}
