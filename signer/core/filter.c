#include "core/filter.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/sandbox.h"

static int forbid(scmp_filter_ctx f, int call)
{
    return seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), call, 0);
}

static int forbid_if(scmp_filter_ctx f, int call, struct scmp_arg_cmp when)
{
    return seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), call, 1, when);
}

/* Its flags lie in memory, where a filter cannot look: the C library goes back to clone. */
static int without_clone3(scmp_filter_ctx f)
{
    return seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

/* Make a filter that answers so where no rule of add()'s does, and load it. */
static enum err load(uint32_t otherwise, int (*add)(scmp_filter_ctx f), struct diag *d)
{
    scmp_filter_ctx f = seccomp_init(otherwise);
    if (f == NULL)
        return sandbox_absent(d, "the system call filter", ENOSYS);
    int r = add(f);
    if (r == 0)
        r = seccomp_load(f);
    seccomp_release(f);
    return r == 0 ? E_OK : sandbox_absent(d, "the system call filter", -r);
}

/* -- of every program -- */

/* Each of these would be a way out: to the network, into another program or process, into the kernel, past Landlock to
 * other files' modes and owners, or to the clock. Sanitizers trace their own process to find leaks, so a development
 * build lets them. */
static const char *const forbidden[] = {
    "execve", "execveat", "process_vm_readv", "process_vm_writev", "pidfd_getfd",
#ifndef ROOTSEAL_DEVELOPMENT
    "ptrace",
#endif
    "bpf", "userfaultfd", "perf_event_open", "io_uring_setup", "io_uring_enter", "io_uring_register",
    "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsmount", "open_by_handle_at",
    "unshare", "setns", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot",
    "swapon", "swapoff", "keyctl", "add_key", "request_key", "personality", "syslog", "iopl", "ioperm", "acct",
    "chmod", "fchmodat", "chown", "lchown", "fchownat", "setxattr", "lsetxattr", "fsetxattr", "removexattr",
    "lremovexattr", "fremovexattr", "clock_settime", "settimeofday", "clock_adjtime", "adjtimex", "sethostname",
};

/* A terminal that is made to type, or to paste, is a way to the operator's shell. */
static const unsigned long forbidden_ioctls[] = {TIOCSTI, TIOCLINUX, TIOCCONS};

/* What unshare() does, clone() can do, too. */
static const unsigned long namespaces[] = {CLONE_NEWNS,  CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                           CLONE_NEWUSER, CLONE_NEWPID,   CLONE_NEWNET};

static int add_every(scmp_filter_ctx f)
{
    int r = forbid_if(f, SCMP_SYS(socket), SCMP_A0(SCMP_CMP_NE, AF_UNIX));
    if (r == 0)
        r = forbid_if(f, SCMP_SYS(socketpair), SCMP_A0(SCMP_CMP_NE, AF_UNIX));
    for (size_t i = 0; r == 0 && i < sizeof forbidden / sizeof forbidden[0]; i++)
        r = forbid(f, seccomp_syscall_resolve_name(forbidden[i]));
    for (size_t i = 0; r == 0 && i < sizeof forbidden_ioctls / sizeof forbidden_ioctls[0]; i++)
        r = forbid_if(f, SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, forbidden_ioctls[i]));
    for (size_t i = 0; r == 0 && i < sizeof namespaces / sizeof namespaces[0]; i++)
        r = forbid_if(f, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces[i], namespaces[i]));
    return r == 0 ? without_clone3(f) : r;
}

enum err filter_every(struct diag *d)
{
    return load(SCMP_ACT_ALLOW, add_every, d);
}

/* -- of a step that needs neither token nor terminal -- */

static const int allowed[] = {
    /* files: which ones is Landlock's business; reading is below */
    SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pread64), SCMP_SYS(pwrite64),
    SCMP_SYS(lseek), SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(close), SCMP_SYS(stat),
    SCMP_SYS(fstat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(fstatfs), SCMP_SYS(access),
    SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(getdents64), SCMP_SYS(getcwd), SCMP_SYS(readlink),
    SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rmdir), SCMP_SYS(rename),
    SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate), SCMP_SYS(fadvise64), SCMP_SYS(fchmod), SCMP_SYS(fchown), SCMP_SYS(fcntl), SCMP_SYS(flock),
    SCMP_SYS(umask), SCMP_SYS(dup),
    /* memory; mapping files and protecting pages below, never to be executed */
    SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(mlock), SCMP_SYS(munlock),
    /* time, chance, itself */
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
    SCMP_SYS(getegid), SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(getrusage), SCMP_SYS(sched_getaffinity),
    /* signals to itself, threads and the end */
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(futex),
    SCMP_SYS(sched_yield), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(poll), SCMP_SYS(restart_syscall),
    SCMP_SYS(exit), SCMP_SYS(exit_group),
#ifdef ROOTSEAL_DEVELOPMENT
    /* sanitizers look for leaks from a second process and name it */
    SCMP_SYS(clone), SCMP_SYS(ptrace), SCMP_SYS(prctl), SCMP_SYS(wait4), SCMP_SYS(tgkill), SCMP_SYS(kill),
    SCMP_SYS(getppid), SCMP_SYS(process_vm_readv), SCMP_SYS(readlinkat), SCMP_SYS(arch_prctl), SCMP_SYS(pipe2),
#endif
};

/* Nobody does these by mistake. What is in neither list fails with EPERM, for a library may try something and go on. */
static const int deadly[] = {
    SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(execve), SCMP_SYS(execveat),
    SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(mount), SCMP_SYS(bpf), SCMP_SYS(process_vm_writev), SCMP_SYS(setuid),
#ifndef ROOTSEAL_DEVELOPMENT
    SCMP_SYS(ptrace),
#endif
};

static int add_conditions(scmp_filter_ctx f)
{
    const struct scmp_arg_cmp no_terminal = SCMP_A0(SCMP_CMP_GT, STDERR_FILENO);
    const struct scmp_arg_cmp no_exec = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    const struct scmp_arg_cmp exec = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC);
    const struct scmp_arg_cmp is_terminal = SCMP_A1(SCMP_CMP_EQ, TCGETS);
    int r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(read), 1, no_terminal);
    if (r == 0)
        r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(readv), 1, no_terminal);
    if (r == 0)
        r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, no_exec);
    if (r == 0)
        r = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, SCMP_SYS(mmap), 1, exec);
    if (r == 0)
        r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, no_exec);
    if (r == 0)
        r = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, SCMP_SYS(mprotect), 1, exec);
    if (r == 0)
        r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, is_terminal);
#ifndef ROOTSEAL_DEVELOPMENT
    const struct scmp_arg_cmp a_thread = SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD);
    const struct scmp_arg_cmp a_process = SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0);
    if (r == 0)
        r = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, a_thread);
    if (r == 0)
        r = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), 1, a_process);
#endif
    if (r == 0)
        r = without_clone3(f); /* of two filters the later one's answer counts */
    return r;
}

static int add_strict(scmp_filter_ctx f)
{
    int r = add_conditions(f);
    for (size_t i = 0; r == 0 && i < sizeof allowed / sizeof allowed[0]; i++)
        r = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; r == 0 && i < sizeof deadly / sizeof deadly[0]; i++)
        r = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
    return r;
}

enum err filter_strict(struct diag *d)
{
    return load(SCMP_ACT_ERRNO(EPERM), add_strict, d);
}

/* -- of a process with somebody else's code in it -- */

/* A process that outlives this one, or a file whose mode outlives it. */
static const int lasting[] = {SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(setsid), SCMP_SYS(fchmod), SCMP_SYS(fchown)};

static int add_module(scmp_filter_ctx f)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < sizeof lasting / sizeof lasting[0]; i++)
        r = forbid(f, lasting[i]);
#ifndef ROOTSEAL_DEVELOPMENT
    if (r == 0)
        r = forbid_if(f, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
#endif
    return r;
}

static int add_module_alone(scmp_filter_ctx f)
{
    int r = add_module(f);
    if (r == 0)
        r = forbid(f, SCMP_SYS(socket));
    return r == 0 ? forbid(f, SCMP_SYS(connect)) : r;
}

enum err filter_module(bool sockets, struct diag *d)
{
    return load(SCMP_ACT_ALLOW, sockets ? add_module : add_module_alone, d);
}
