#include "core/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/sandbox.h"


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

static int forbid_if(scmp_filter_ctx f, int call, struct scmp_arg_cmp when)
{
    return seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), call, 1, when);
}

static int add_rules(scmp_filter_ctx f)
{
    int r = forbid_if(f, SCMP_SYS(socket), SCMP_A0(SCMP_CMP_NE, AF_UNIX));
    if (r == 0)
        r = forbid_if(f, SCMP_SYS(socketpair), SCMP_A0(SCMP_CMP_NE, AF_UNIX));
    for (size_t i = 0; r == 0 && i < sizeof forbidden / sizeof forbidden[0]; i++)
        r = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), seccomp_syscall_resolve_name(forbidden[i]), 0);
    for (size_t i = 0; r == 0 && i < sizeof forbidden_ioctls / sizeof forbidden_ioctls[0]; i++)
        r = forbid_if(f, SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, forbidden_ioctls[i]));
    for (size_t i = 0; r == 0 && i < sizeof namespaces / sizeof namespaces[0]; i++)
        r = forbid_if(f, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces[i], namespaces[i]));
    if (r == 0) /* its flags lie in memory, where a filter cannot look: the C library goes back to clone */
        r = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    return r;
}

static enum err filter_calls(struct diag *d)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
    if (f == NULL)
        return sandbox_absent(d, "the system call filter", ENOSYS);
    int r = add_rules(f);
    if (r == 0)
        r = seccomp_load(f);
    seccomp_release(f);
    if (r != 0)
        return sandbox_absent(d, "the system call filter", -r);
    return E_OK;
}

/* A file of ours must never become descriptor 0, 1 or 2, where messages go. */
static bool take_descriptors(void)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            return false;
    return true;
}

/* Only pages that are used, so that locking costs no memory: a thread's stack is large and mostly empty. Under a limit
 * this would make later allocations fail, so it is for root and where there is none. */
void guard_lock_memory(void)
{
    struct rlimit limit;
    if (geteuid() == 0 || (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY))
        (void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

enum err guard_process(struct diag *d)
{
    static const struct rlimit none = {0, 0};
    if (!take_descriptors())
        return diag_errno(d, errno, "guarding the process");
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
        return diag_set(d, E_CRYPTO, "guarding the process");
    umask(077);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* who started us may have it ignored, and then no step could be waited for */
    guard_lock_memory();
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return diag_errno(d, errno, "guarding the process");
    return filter_calls(d);
}

/* The kernel's own word (VmLck), not what we asked for. */
bool guard_memory_locked(void)
{
    char line[128];
    unsigned long kib = 0;
    FILE *f = fopen("/proc/self/status", "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "VmLck: %lu", &kib) == 1)
            break;
    if (f != NULL)
        fclose(f);
    return kib > 1024;
}
