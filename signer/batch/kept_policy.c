#include "batch/kept_policy.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch/state.h"
#include "core/file.h"

/* The folders on the way to it are made. policyc(1) took no name that leads out. */
static enum err write_file(int dir_fd, const struct policy_file *f, struct diag *d)
{
    int at = -1, next = -1;
    char *path = strdup(f->name), *name = path;
    enum err e = path != NULL ? E_OK : diag_set(d, E_NO_MEMORY, "%s", f->name);
    for (char *slash; e == E_OK && (slash = strchr(name, '/')) != NULL; name = slash + 1) {
        *slash = '\0';
        e = file_make_dir(at >= 0 ? at : dir_fd, name, &next, d);
        if (at >= 0)
            close(at);
        at = next;
    }
    if (e == E_OK)
        e = file_write(at >= 0 ? at : dir_fd, name, f->bytes.p, f->bytes.n, d);
    if (at >= 0)
        close(at);
    free(path);
    return e;
}

/* The first file is appliance.yaml: where it is, the others are. */
static enum err write_files(int dir_fd, const struct policy *p, struct diag *d)
{
    enum err e = E_OK;
    if (faccessat(dir_fd, p->files[0].name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return E_OK;
    for (size_t i = p->files_n; i > 0 && e == E_OK; i--)
        e = write_file(dir_fd, &p->files[i - 1], d);
    return e;
}

enum err kept_policy_write(int state_fd, const struct policy *p, const uint8_t digest[DIGEST_LEN], struct diag *d)
{
    char hex[DIGEST_HEX];
    int all = -1, fd = -1;
    if (p->files_n == 0)
        return E_OK;
    hex_encode(digest, DIGEST_LEN, hex);
    enum err e = file_make_dir(state_fd, POLICIES_DIR, &all, d);
    if (e == E_OK)
        e = file_make_dir(all, hex, &fd, d);
    if (e == E_OK)
        e = write_files(fd, p, d);
    if (fd >= 0)
        close(fd);
    if (all >= 0)
        close(all);
    return e;
}
