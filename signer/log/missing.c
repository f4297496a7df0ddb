#include "core/file.h"
#include "log/index.h"
#include "log/log.h"

/* Both are made after the log, and stay. */
enum err log_missing(int dirfd, const char *path, struct diag *d)
{
    if (file_is_there(dirfd, INDEX_FILE) || file_is_there(dirfd, ARCHIVE_DIR))
        return diag_set(d, E_LOG_MISSING, "%s has no %s, and what belongs to one is there", path, LOG_FILE);
    return diag_set(d, E_STATE_MISSING, "%s", path);
}
