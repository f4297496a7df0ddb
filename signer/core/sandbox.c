#include "core/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the headers of the platform; the kernel says by its ABI whether it knows them. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#define ACCESS_FS_IOCTL_DEV (1ULL << 15)
#define ACCESS_NET ((1ULL << 0) | (1ULL << 1)) /* bind and connect TCP */
#define SCOPE ((1ULL << 0) | (1ULL << 1))      /* abstract sockets and signals to processes outside */

/* The kernel takes a shorter attribute for a longer one with zeros, and refuses a longer one only if what it does not
 * know is not zero. */
struct ruleset {
    uint64_t fs, net, scope;
};

struct sandbox {
    int fd;      /* of the ruleset; -1 in a development build where there is no Landlock */
    uint64_t fs; /* the kinds of access that this kernel can deny */
};

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define ON_FILES \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | \
     LANDLOCK_ACCESS_FS_TRUNCATE | ACCESS_FS_IOCTL_DEV)
/* What a writer of plain files needs: no devices, sockets, FIFOs or links. */
#define WRITE \
    (READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_REMOVE_DIR | \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | \
     LANDLOCK_ACCESS_FS_REFER | ACCESS_FS_IOCTL_DEV)

enum err sandbox_absent(struct diag *d, const char *what, int errnum)
{
#ifdef ROOTSEAL_DEVELOPMENT
    (void)d, (void)what, (void)errnum;
    return E_OK;
#else
    return diag_set(d, E_SANDBOX, "%s: %s", what, strerror(errnum));
#endif
}

/* Everything that a kernel of this ABI can deny (Documentation/userspace-api/landlock.rst). */
static struct ruleset all_of(long abi)
{
    struct ruleset r = {.fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
    if (abi >= 2)
        r.fs |= LANDLOCK_ACCESS_FS_REFER;
    if (abi >= 3)
        r.fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
    if (abi >= 4)
        r.net = ACCESS_NET;
    if (abi >= 5)
        r.fs |= ACCESS_FS_IOCTL_DEV;
    if (abi >= 6)
        r.scope = SCOPE;
    return r;
}

enum err sandbox_new(struct sandbox **out, struct diag *d)
{
    *out = NULL;
    struct sandbox *s = calloc(1, sizeof *s);
    if (s == NULL)
        return diag_set(d, E_NO_MEMORY, "sandbox");
    s->fd = -1;
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    enum err e = E_OK;
    if (abi < 1) {
        e = sandbox_absent(d, "Landlock", errno);
    } else {
        struct ruleset r = all_of(abi);
        s->fs = r.fs;
        s->fd = (int)syscall(SYS_landlock_create_ruleset, &r, sizeof r, 0);
        if (s->fd < 0)
            e = diag_set(d, E_SANDBOX, "Landlock: %s", strerror(errno));
    }
    if (e == E_OK)
        *out = s;
    else
        sandbox_free(s);
    return e;
}

void sandbox_free(struct sandbox *s)
{
    if (s != NULL && s->fd >= 0)
        close(s->fd);
    free(s);
}

enum err sandbox_allow_fd(struct sandbox *s, int fd, bool write, struct diag *d)
{
    struct stat st;
    if (s->fd < 0)
        return E_OK;
    if (fstat(fd, &st) != 0)
        return diag_errno(d, errno, "sandbox");
    uint64_t access = (write ? WRITE : READ) & s->fs;
    if (!S_ISDIR(st.st_mode))
        access &= ON_FILES;
    const struct landlock_path_beneath_attr a = {.allowed_access = access, .parent_fd = fd};
    if (syscall(SYS_landlock_add_rule, s->fd, LANDLOCK_RULE_PATH_BENEATH, &a, 0) != 0)
        return diag_set(d, E_SANDBOX, "Landlock: %s", strerror(errno));
    return E_OK;
}

enum err sandbox_allow(struct sandbox *s, const char *path, bool write, struct diag *d)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? E_OK : diag_errno(d, errno, "%s", path);
    enum err e = sandbox_allow_fd(s, fd, write, d);
    close(fd);
    return e;
}

enum err sandbox_enter(const struct sandbox *s, struct diag *d)
{
    if (s->fd >= 0 && syscall(SYS_landlock_restrict_self, s->fd, 0) != 0)
        return diag_set(d, E_SANDBOX, "Landlock: %s", strerror(errno));
    return E_OK;
}

/* -- the strict filter -- */

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
    if (r == 0) /* as in core/guard.c; of two filters the later one's answer counts */
        r = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    return r;
}

static enum err load(scmp_filter_ctx f, int r, struct diag *d)
{
    if (r == 0)
        r = seccomp_load(f);
    seccomp_release(f);
    return r == 0 ? E_OK : sandbox_absent(d, "the system call filter", -r);
}

enum err sandbox_strict(struct diag *d)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (f == NULL)
        return sandbox_absent(d, "the system call filter", ENOSYS);
    int r = add_conditions(f);
    for (size_t i = 0; r == 0 && i < sizeof allowed / sizeof allowed[0]; i++)
        r = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; r == 0 && i < sizeof deadly / sizeof deadly[0]; i++)
        r = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
    return load(f, r, d);
}

/* -- the filter for a process with somebody else's code in it -- */

/* A process that outlives this one, or a file whose mode outlives it. */
static const int lasting[] = {SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(setsid), SCMP_SYS(fchmod), SCMP_SYS(fchown)};

enum err sandbox_module(bool sockets, struct diag *d)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
    if (f == NULL)
        return sandbox_absent(d, "the system call filter", ENOSYS);
    int r = 0;
    for (size_t i = 0; r == 0 && i < sizeof lasting / sizeof lasting[0]; i++)
        r = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), lasting[i], 0);
#ifndef ROOTSEAL_DEVELOPMENT
    if (r == 0)
        r = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
#endif
    if (r == 0 && !sockets)
        r = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 0);
    if (r == 0 && !sockets)
        r = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(connect), 0);
    return load(f, r, d);
}
