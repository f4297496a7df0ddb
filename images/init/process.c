#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"

#define NOT_STARTED 127

bool process_terminal(void)
{
    struct termios t;
    if (tcgetattr(STDIN_FILENO, &t) != 0)
        return false;
    t.c_iflag = ICRNL | IXON | IUTF8;
    t.c_oflag = OPOST | ONLCR;
    t.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | IEXTEN;
    t.c_cflag |= CREAD | CLOCAL;
    t.c_cc[VINTR] = 'C' & 0x1f;
    t.c_cc[VERASE] = 0x7f;
    t.c_cc[VKILL] = 'U' & 0x1f;
    t.c_cc[VEOF] = 'D' & 0x1f;
    t.c_cc[VSUSP] = _POSIX_VDISABLE; /* nobody could take up again what was stopped */
    t.c_cc[VQUIT] = _POSIX_VDISABLE;
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    return tcsetattr(STDIN_FILENO, TCSADRAIN, &t) == 0;
}

/* -- the child -- */

static void all_signals_as_usual(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (int s = 1; s < NSIG; s++)
        (void)signal(s, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void start(const struct process *p, int in, int out)
{
    if (setpgid(0, 0) != 0)
        _exit(NOT_STARTED);
    if (p->terminal)
        (void)tcsetpgrp(STDIN_FILENO, getpid()); /* SIGTTOU is ignored still */
    else if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
        _exit(NOT_STARTED);
    all_signals_as_usual();
    if (close_range(STDERR_FILENO + 1, ~0U, 0) == 0 && (p->folder == NULL || chdir(p->folder) == 0))
        execv(p->argv[0], (char *const *)p->argv);
    _exit(NOT_STARTED);
}

/* -- the parent -- */

static void keep(const struct process *p, const char *bytes, size_t n)
{
    if (p->output != NULL && p->output->len < PROCESS_OUTPUT)
        buf_append(p->output, bytes, n < PROCESS_OUTPUT - p->output->len ? n : PROCESS_OUTPUT - p->output->len);
}

/* What it prints, until it closes that or ends. */
static int attend(const struct process *p, pid_t pid, int out)
{
    int status = 0;
    for (;;) {
        struct pollfd f = {.fd = out, .events = POLLIN};
        char bytes[4096];
        ssize_t n = 0;
        if (poll(&f, 1, 200) > 0)
            n = read(out, bytes, sizeof bytes);
        if (n > 0)
            keep(p, bytes, (size_t)n);
        if (n == 0 && waitpid(pid, &status, WNOHANG | WUNTRACED) == pid && !WIFSTOPPED(status))
            return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        if (p->meanwhile != NULL)
            p->meanwhile();
        if (f.revents & POLLHUP && n <= 0) { /* nothing more comes: do not spin */
            static const struct timespec tenth = {0, 100000000};
            nanosleep(&tenth, NULL);
        }
    }
}

static void close_both(int ends[2])
{
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            close(ends[i]);
}

enum err process_run(const struct process *p, int *status, struct diag *d)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1};
    *status = NOT_STARTED;
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) {
        close_both(in);
        return diag_errno(d, errno, "%s", p->argv[0]);
    }
    /* it fits into the pipe, and nobody waits */
    enum err e = p->input.n > 0 ? file_write_all(in[1], p->input.p, p->input.n, p->argv[0], d) : E_OK;
    pid_t pid = e == E_OK ? fork() : -1;
    if (pid == 0)
        start(p, in[0], out[1]);
    if (e == E_OK && pid < 0)
        e = diag_errno(d, errno, "%s", p->argv[0]);
    close(in[0]);
    close(in[1]);
    close(out[1]);
    in[0] = in[1] = out[1] = -1;
    if (pid > 0) {
        (void)setpgid(pid, pid);
        *status = attend(p, pid, out[0]);
        if (p->terminal) {
            (void)tcsetpgrp(STDIN_FILENO, getpgrp());
            (void)process_terminal();
        }
        if (*status == NOT_STARTED)
            e = diag_set(d, E_IO, "%s could not be started", p->argv[0]);
    }
    close(out[0]);
    return e;
}

/* The last line, without its end. */
static struct span last_line(const struct buf *b)
{
    size_t end = b->len;
    while (end > 0 && b->data[end - 1] == '\n')
        end--;
    size_t from = end;
    while (from > 0 && b->data[from - 1] != '\n')
        from--;
    return (struct span){b->data + from, end - from};
}

enum err process_must(const struct process *p, struct diag *d)
{
    struct buf own = {0};
    struct process q = *p;
    int status = 0;
    if (q.output == NULL && !q.terminal)
        q.output = &own;
    enum err e = process_run(&q, &status, d);
    if (e == E_OK && status != 0) {
        const struct span line = q.output != NULL && q.output->len > 0 ? last_line(q.output) : (struct span){NULL, 0};
        e = diag_set(d, E_STEP, "%s, with status %d: %.*s", p->argv[0], status, (int)(line.n < 200 ? line.n : 200),
                     line.n > 0 ? (const char *)line.p : "");
    }
    buf_free(&own);
    return e;
}
