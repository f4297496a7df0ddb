#include <fcntl.h>
#include <sys/stat.h>

#include "log/index.h"
#include "log/log.h"

static bool is_there(int fd, const char *name)
{
    struct stat st;
    return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Both are made after the log, and stay. */
enum err log_missing(int dirfd, const char *path, struct diag *d)
{
    if (is_there(dirfd, INDEX_FILE) || is_there(dirfd, "archive"))
        return diag_set(d, E_LOG_MISSING, "%s has no %s, and what belongs to one is there", path, LOG_FILE);
    return diag_set(d, E_STATE_MISSING, "%s", path);
}
