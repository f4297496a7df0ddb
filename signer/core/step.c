#include "core/step.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/file.h"
#include "core/guard.h"

/* First what the step says, then its data. */
struct answer {
    enum err code;
    struct diag diag;
};

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

static _Noreturn void child(step_fn *run, void *data, size_t n, int out)
{
    struct answer a = {0};
    owed.out = out;
    owed.data = data;
    owed.n = n;
    a.code = run(data, &a.diag);
    bool said = fflush(stdout) == 0 && !ferror(stdout);
    if (a.code == E_OK && !said)
        a.code = diag_errno(&a.diag, errno, "standard output");
    answer(&a);
}

/* All n bytes, or false. */
static bool read_all(int fd, void *to, size_t n)
{
    char *p = to;
    while (n > 0) {
        ssize_t got = read(fd, p, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        p += got;
        n -= (size_t)got;
    }
    return true;
}

static enum err wait_for(pid_t pid, const char *name, struct diag *d)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return diag_errno(d, errno, "%s", name);
    if (WIFSIGNALED(status))
        return diag_set(d, E_STEP, "%s, by signal %d (%s)%s", name, WTERMSIG(status), strsignal(WTERMSIG(status)),
                        WTERMSIG(status) == SIGSYS ? ": it tried what it may not" : "");
    return WEXITSTATUS(status) == EXIT_SUCCESS ? E_OK
                                               : diag_set(d, E_STEP, "%s, with status %d", name, WEXITSTATUS(status));
}

static bool is_text(const char *s, size_t cap)
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
    return is_text(a->diag.text, sizeof a->diag.text) && is_text(a->diag.advice, sizeof a->diag.advice) &&
           strnlen(a->diag.clause, sizeof a->diag.clause) <= LIMIT_CLAUSE &&
           (int)a->code >= E_OK && a->code < ERR_COUNT && (int)a->diag.code >= E_OK && a->diag.code < ERR_COUNT;
}

static enum err parent(pid_t pid, int in, const char *name, void *data, size_t n, struct diag *d)
{
    struct answer a;
    void *back = malloc(n);
    bool whole = back != NULL && read_all(in, &a, sizeof a) && read_all(in, back, n);
    enum err e = wait_for(pid, name, d);
    if (e == E_OK && back == NULL)
        e = diag_set(d, E_NO_MEMORY, "%s", name);
    if (e == E_OK && (!whole || !believable(&a)))
        e = diag_set(d, E_STEP, "%s, without an answer", name);
    if (e == E_OK) {
        memcpy(data, back, n);
        e = a.code;
        if (e != E_OK && d != NULL)
            *d = a.diag;
    }
    free(back);
    return e;
}

enum err step_run(const char *name, step_fn *run, void *data, size_t n, struct diag *d)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return diag_errno(d, errno, "%s", name);
    fflush(NULL); /* or the child would say it again */
    pid_t self = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        guard_lock_memory();
        (void)prctl(PR_SET_NAME, name, 0, 0, 0); /* for whoever lists processes */
        if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != self)
            _exit(EXIT_FAILURE);
        child(run, data, n, ends[1]);
    }
    int failed = errno;
    close(ends[1]);
    enum err e = pid < 0 ? diag_errno(d, failed, "%s", name) : parent(pid, ends[0], name, data, n, d);
    close(ends[0]);
    return e;
}
