#include "core/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/filter.h"

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
    return filter_every(d);
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
