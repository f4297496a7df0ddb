#include "core/step.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/file.h"
#include "core/guard.h"
#include "core/signals.h"
#include "core/text.h"

/* First what the step says, then its data. */
struct answer {
    enum err code;
    struct diag diag;
};

/* -- the child -- */

/* What this process owes its parent, when it is a child. */
static struct {
    int out;
    const void *data;
    size_t n;
} owed;

static _Noreturn void answer(const struct answer *a)
{
    if (file_write_all(owed.out, a, sizeof *a, "answer", NULL) != E_OK ||
        file_write_all(owed.out, owed.data, owed.n, "answer", NULL) != E_OK)
        _exit(EXIT_FAILURE);
    _exit(EXIT_SUCCESS);
}

_Noreturn void step_end(const struct diag *d)
{
    const struct answer a = {d->code, *d};
    answer(&a);
}

static bool close_between(int first, int last)
{
    return first > last || close_range((unsigned)first, (unsigned)last, 0) == 0;
}

/* What this process inherited is not the step's business: the PIN's descriptor above all. */
static bool drop_descriptors(int keep, int out)
{
    int low = keep < out ? keep : out, high = keep < out ? out : keep;
    if (keep < 0) {
        int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (null < 0 || dup2(null, STDIN_FILENO) < 0)
            return false;
    }
    if (low <= STDERR_FILENO)
        low = STDERR_FILENO;
    return close_between(STDERR_FILENO + 1, low - 1) && close_between(low + 1, high - 1) &&
           close_range((unsigned)high + 1, ~0U, 0) == 0;
}

static _Noreturn void child(const struct step *step, void *data, size_t n, int out, pid_t parent)
{
    struct answer a = {0};
    owed.out = out;
    owed.data = data;
    owed.n = n;
    guard_lock_memory();
    (void)prctl(PR_SET_NAME, step->name, 0, 0, 0); /* for whoever lists processes */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent || !drop_descriptors(step->keep_fd, out))
        _exit(EXIT_FAILURE);
    a.code = step->run(data, &a.diag);
    bool said = fflush(stdout) == 0 && !ferror(stdout);
    if (a.code == E_OK && !said)
        a.code = diag_errno(&a.diag, errno, "standard output");
    answer(&a);
}

/* -- the parent -- */

struct parent {
    const struct step *step;
    pid_t pid;
    int in;      /* the child's answer */
    int signals; /* those that are held */
    int ending;  /* the one that came; 0 for none */
};

/* From the terminal a signal has come to the child, too; from anybody else it is passed on. */
static void take_signal(struct parent *p)
{
    struct signalfd_siginfo s;
    if (read(p->signals, &s, sizeof s) != (ssize_t)sizeof s)
        return;
    p->ending = (int)s.ssi_signo;
    if (s.ssi_code != SI_KERNEL)
        kill(p->pid, p->ending);
}

/* All n bytes, or false. */
static bool read_all(struct parent *p, void *to, size_t n)
{
    char *at = to;
    while (n > 0) {
        struct pollfd fds[2] = {{.fd = p->in, .events = POLLIN}, {.fd = p->signals, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return false;
        if (fds[1].revents != 0)
            take_signal(p);
        if (fds[0].revents == 0)
            continue;
        ssize_t got = read(p->in, at, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        n -= (size_t)got;
    }
    return true;
}

static enum err wait_for(const struct parent *p, struct diag *d)
{
    const char *name = p->step->name;
    int status = 0;
    while (waitpid(p->pid, &status, 0) < 0)
        if (errno != EINTR)
            return diag_errno(d, errno, "%s", name);
    if (WIFSIGNALED(status))
        return diag_set(d, E_STEP, "%s, by signal %d (%s)%s", name, WTERMSIG(status), strsignal(WTERMSIG(status)),
                        WTERMSIG(status) == SIGSYS ? ": it tried what it may not" : "");
    return WEXITSTATUS(status) == EXIT_SUCCESS ? E_OK
                                               : diag_set(d, E_STEP, "%s, with status %d", name, WEXITSTATUS(status));
}

bool step_is_text(const char *s, size_t cap)
{
    size_t n = strnlen(s, cap);
    for (size_t i = 0; i < n; i++)
        if (s[i] < ' ' || s[i] > '~')
            return false;
    return n < cap;
}

/* What a child says is checked before it is believed and shown: it has read what came from outside. */
static bool believable(const struct answer *a)
{
    return step_is_text(a->diag.text, sizeof a->diag.text) &&
           text_is_escaped_chinese(a->diag.said, sizeof a->diag.said) && step_is_text(a->diag.advice, sizeof a->diag.advice) &&
           step_is_text(a->diag.clause, sizeof a->diag.clause) && (int)a->code >= E_OK && a->code < ERR_COUNT &&
           (int)a->diag.code >= E_OK && a->diag.code < ERR_COUNT;
}

static enum err hear(struct parent *p, void *data, size_t n, struct diag *d)
{
    struct answer a = {0};
    void *back = malloc(n);
    bool whole = back != NULL && read_all(p, &a, sizeof a) && read_all(p, back, n);
    close(p->in); /* a child that is not heard to the end must not wait for it */
    enum err e = wait_for(p, d);
    if (e == E_OK && back == NULL)
        e = diag_set(d, E_NO_MEMORY, "%s", p->step->name);
    if (e == E_OK && (!whole || !believable(&a) || (p->step->settle != NULL && !p->step->settle(back))))
        e = diag_set(d, E_STEP, "%s, without an answer", p->step->name);
    if (e == E_OK && back != NULL) {
        memcpy(data, back, n);
        e = a.code;
        if (e != E_OK && d != NULL)
            *d = a.diag;
    }
    free(back);
    return e;
}

enum err step_run(const struct step *step, void *data, size_t n, struct diag *d)
{
    struct parent p = {.step = step};
    int ends[2];
    sigset_t before;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return diag_errno(d, errno, "%s", step->name);
    fflush(NULL); /* or the child would say it again */
    pid_t self = getpid();
    p.in = ends[0];
    p.signals = signals_hold(false, &before); /* a shell waits for both processes to stop */
    p.pid = fork();
    if (p.pid == 0) {
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        child(step, data, n, ends[1], self);
    }
    int failed = errno;
    close(ends[1]);
    enum err e = E_OK;
    if (p.pid > 0)
        e = hear(&p, data, n, d);
    else
        close(p.in);
    if (p.pid < 0)
        e = diag_errno(d, failed, "%s", step->name);
    signals_release(p.signals, &before);
    if (p.ending != 0) /* the child had its chance; this is ours */
        raise(p.ending);
    return e;
}
