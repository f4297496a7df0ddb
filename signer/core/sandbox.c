#include "core/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
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
