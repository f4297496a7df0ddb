#include "core/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/sandbox.h"


/* Each of these would be a way out: to the network, into another program or process, or into the kernel. Sanitizers
 * trace their own process to find leaks, so a development build lets them. */
static const char *const forbidden[] = {
    "execve",      "execveat",     "process_vm_readv", "process_vm_writev", "bpf",         "userfaultfd",
    "perf_event_open", "io_uring_setup", "io_uring_enter", "io_uring_register", "mount", "umount2",
    "pivot_root",  "chroot",       "move_mount",       "open_tree",         "fsopen",      "fsmount",
    "unshare",     "setns",        "init_module",      "finit_module",      "delete_module", "kexec_load",
    "kexec_file_load", "reboot",   "swapon",           "swapoff",           "keyctl",      "add_key",
    "request_key", "personality",  "open_by_handle_at", "pidfd_getfd",
#ifndef ROOTSEAL_DEVELOPMENT
    "ptrace",
#endif
};

static int add_rules(scmp_filter_ctx f)
{
    const struct scmp_arg_cmp not_local = SCMP_A0(SCMP_CMP_NE, AF_UNIX);
    int r = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1, not_local);
    if (r == 0)
        r = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socketpair), 1, not_local);
    for (size_t i = 0; r == 0 && i < sizeof forbidden / sizeof forbidden[0]; i++)
        r = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), seccomp_syscall_resolve_name(forbidden[i]), 0);
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
