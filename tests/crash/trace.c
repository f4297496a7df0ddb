/* trace.c - runs a program, sees each system call of all its processes and threads that touches a file below a folder,
 * and lists them, writes down what they change, or makes one of them fail.
 *
 *   trace --under DIR [--list FILE] [--record FILE] [--inject KIND:N --hit FILE] -- PROGRAM [ARGUMENT ...]
 *
 * --list    one line a call: the letters of the faults that fit it, its name, its path
 * --record  what each call that succeeded changed, with its data, and what was written to stdout (record.h)
 * --inject  the N-th call, from 1, that KIND fits meets it: --hit then gets one line, the call and its path
 *
 *   kill    the process is killed before the call                            calls that change anything, or sync
 *   eio     the call is not made and fails with EIO                          all calls
 *   enospc  ... with ENOSPC                                                  calls that may need room
 *   eintr   ... with EINTR                                                   calls that a signal may interrupt
 *   short   only half of the bytes are read or written, and that is said     reads and writes of two bytes or more
 *   late    the call is made, and EIO is said                                calls that change names, and syncs
 *
 * N counts the calls that the kind fits, in all processes together: so it means the same in each run of a program that does
 * the same things, whatever its threads do in between. Only the calls of the table in calls.c stop the program, by a
 * seccomp filter. Exit status: the program's, 128 + the signal that ended it, 125 when tracing itself fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "record.h"

#define FAILED 125
#define THREADS_MAX 256

enum kind { KILL, EIO_, ENOSPC_, EINTR_, SHORT, LATE, KINDS };
static const struct {
    const char *name;
    char letter;
} kinds[KINDS] = {{"kill", 'k'}, {"eio", 'e'}, {"enospc", 'n'}, {"eintr", 'i'}, {"short", 's'}, {"late", 'l'}};

/* A thread that is stopped in a call of ours and will stop again at its end. */
struct thread {
    pid_t tid;
    struct touch touch;
    bool in_call, late;
};

struct tracer {
    char under[PATH_MAX];
    FILE *list, *record;
    const char *hit;
    enum kind kind;
    unsigned long wanted, met; /* wanted is 0 when nothing is injected */
    struct thread threads[THREADS_MAX];
};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "trace: %s: %s\n", what, strerror(errno));
    exit(FAILED);
}

/* -- which faults fit which call -- */

static bool fits(const struct touch *t, enum kind kind)
{
    const enum call_what what = t->call->what;
    const bool names = what == CALL_RENAME || what == CALL_UNLINK || what == CALL_MKDIR;
    const bool makes = what == CALL_OPEN && (t->open_flags & (O_CREAT | O_TRUNC)) != 0;
    const bool data = what == CALL_READ || what == CALL_WRITE;
    switch (kind) {
    case KILL:
        return names || makes || what == CALL_WRITE || what == CALL_TRUNCATE || what == CALL_SYNC;
    case EIO_:
        return true;
    case ENOSPC_:
        return makes || what == CALL_WRITE || what == CALL_TRUNCATE || what == CALL_SYNC || what == CALL_RENAME ||
               what == CALL_MKDIR;
    case EINTR_:
        return data || what == CALL_OPEN || what == CALL_SYNC || what == CALL_TRUNCATE;
    case SHORT:
        return data && t->args[2] > 1;
    case LATE:
        return names || what == CALL_SYNC || what == CALL_TRUNCATE;
    default:
        return false;
    }
}

static void list_call(FILE *f, const struct touch *t)
{
    for (int k = 0; k < KINDS; k++)
        fputc(fits(t, (enum kind)k) ? kinds[k].letter : '-', f);
    fprintf(f, " %s %s\n", t->call->name, t->path);
}

/* -- one stop -- */

static struct thread *thread_of(struct tracer *r, pid_t tid)
{
    struct thread *unused = NULL;
    for (size_t i = 0; i < THREADS_MAX; i++) {
        if (r->threads[i].tid == tid)
            return &r->threads[i];
        if (r->threads[i].tid == 0 && unused == NULL)
            unused = &r->threads[i];
    }
    if (unused == NULL) {
        errno = ENOMEM;
        die("more threads than expected");
    }
    *unused = (struct thread){.tid = tid};
    return unused;
}

static void set_registers(pid_t tid, const struct user_regs_struct *regs)
{
    if (ptrace(PTRACE_SETREGS, tid, NULL, regs) != 0 && errno != ESRCH)
        die("setting registers");
}

/* The call is passed over; this is its result. */
static void refuse_call(pid_t tid, struct user_regs_struct *regs, int error)
{
    regs->orig_rax = (unsigned long long)-1;
    regs->rax = (unsigned long long)-(long long)error;
    set_registers(tid, regs);
}

static void inject(struct tracer *r, struct thread *th, struct user_regs_struct *regs)
{
    static const int errors[KINDS] = {[EIO_] = EIO, [ENOSPC_] = ENOSPC, [EINTR_] = EINTR};
    FILE *f = fopen(r->hit, "w");
    if (f == NULL || fprintf(f, "%s %s\n", th->touch.call->name, th->touch.path) < 0 || fclose(f) != 0)
        die(r->hit);
    if (r->kind == KILL) {
        kill(th->tid, SIGKILL); /* a thread's id stands for its process here */
    } else if (r->kind == SHORT) {
        regs->rdx /= 2;
        set_registers(th->tid, regs);
    } else if (r->kind == LATE) {
        th->late = true;
    } else {
        refuse_call(th->tid, regs, errors[r->kind]);
        th->in_call = false;
    }
}

/* Before a call of the table. */
static void call_begins(struct tracer *r, struct thread *th)
{
    struct user_regs_struct regs;
    th->in_call = th->late = false;
    if (ptrace(PTRACE_GETREGS, th->tid, NULL, &regs) != 0)
        return;
    if (!calls_touch(th->tid, &regs, r->under, &th->touch)) {
        if (r->record != NULL && record_is_shown(th->tid, &regs))
            record_shown(r->record, th->tid, &regs);
        return;
    }
    if (r->list != NULL)
        list_call(r->list, &th->touch);
    th->in_call = r->record != NULL;
    if (r->wanted > 0 && fits(&th->touch, r->kind) && ++r->met == r->wanted)
        inject(r, th, &regs);
}

static void call_ends(struct tracer *r, struct thread *th)
{
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, th->tid, NULL, &regs) != 0)
        return;
    if (r->record != NULL && (long long)regs.rax >= 0)
        record_call(r->record, &th->touch, r->under, regs.rax);
    if (th->late) {
        regs.rax = (unsigned long long)-(long long)EIO;
        set_registers(th->tid, &regs);
    }
    th->in_call = th->late = false;
}

/* How the stopped thread goes on. */
static void resume(struct tracer *r, pid_t tid, int status)
{
    struct thread *th = thread_of(r, tid);
    int sig = WSTOPSIG(status), event = status >> 16;
    if (event == PTRACE_EVENT_SECCOMP)
        call_begins(r, th);
    else if (sig == (SIGTRAP | 0x80) && (th->in_call || th->late))
        call_ends(r, th);
    /* a new thread begins with a stop; events and calls are no signals; the rest is the program's own */
    int pass = event != 0 || sig == (SIGTRAP | 0x80) || sig == SIGSTOP || sig == SIGTRAP ? 0 : sig;
    ptrace(th->in_call || th->late ? PTRACE_SYSCALL : PTRACE_CONT, tid, NULL, (void *)(long)pass);
}

/* -- the program -- */

static void install_filter(void)
{
    struct sock_filter code[2 * 64];
    unsigned short n = 0;
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (const struct call *c = calls; c->name != NULL; c++) {
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)c->nr, 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {n, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        die("seccomp");
}

static pid_t start(char **argv)
{
    pid_t pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
            die("ptrace");
        raise(SIGSTOP);
        install_filter();
        execvp(argv[0], argv);
        die(argv[0]);
    }
    int status;
    if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, pid, NULL,
               (void *)(PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                        PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)) != 0 ||
        ptrace(PTRACE_CONT, pid, NULL, NULL) != 0)
        die("starting");
    return pid;
}

/* Until all processes are gone: a child may outlive the program. */
static int follow(struct tracer *r, pid_t program)
{
    int status, result = FAILED;
    pid_t tid;
    while ((tid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
        if (tid < 0)
            continue;
        if (WIFSTOPPED(status)) {
            resume(r, tid, status);
            continue;
        }
        thread_of(r, tid)->tid = 0;
        if (tid == program)
            result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return result;
}

static FILE *open_output(const char *path)
{
    FILE *f = fopen(path, "we");
    if (f == NULL)
        die(path);
    return f;
}

static void parse_injection(struct tracer *r, const char *text)
{
    size_t n = strcspn(text, ":");
    int k = 0;
    while (k < KINDS && (strlen(kinds[k].name) != n || strncmp(kinds[k].name, text, n) != 0))
        k++;
    r->kind = (enum kind)k;
    r->wanted = text[n] == ':' ? strtoul(text + n + 1, NULL, 10) : 0;
    if (k == KINDS || r->wanted == 0) {
        errno = EINVAL;
        die(text);
    }
}

int main(int argc, char **argv)
{
    static struct tracer r;
    int at = 1;
    for (; at + 1 < argc && strcmp(argv[at], "--") != 0; at += 2) {
        if (strcmp(argv[at], "--under") == 0) {
            if (realpath(argv[at + 1], r.under) == NULL)
                die(argv[at + 1]);
        } else if (strcmp(argv[at], "--list") == 0) {
            r.list = open_output(argv[at + 1]);
        } else if (strcmp(argv[at], "--record") == 0) {
            r.record = open_output(argv[at + 1]);
        } else if (strcmp(argv[at], "--inject") == 0) {
            parse_injection(&r, argv[at + 1]);
        } else if (strcmp(argv[at], "--hit") == 0) {
            r.hit = argv[at + 1];
        }
    }
    if (at + 1 >= argc || r.under[0] == '\0' || (r.wanted > 0 && r.hit == NULL)) {
        fputs("usage: trace --under DIR [--list FILE] [--record FILE] [--inject KIND:N --hit FILE] -- PROGRAM ...\n", stderr);
        return FAILED;
    }
    int result = follow(&r, start(argv + at + 1));
    if ((r.list != NULL && fclose(r.list) != 0) || (r.record != NULL && fclose(r.record) != 0))
        die("writing");
    return result;
}
