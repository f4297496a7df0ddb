#include "batch/archive.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"

#define BATCHES_MAX 10000000

enum err archive_find(int archive_fd, const char *prefix, uint8_t intake[DIGEST_LEN], struct diag *d)
{
    struct file_list list = {0};
    struct stat st;
    size_t n = strlen(prefix), found = 0;
    if (n < 8 || n > 2 * DIGEST_LEN || strspn(prefix, "0123456789abcdef") != n)
        return diag_set(d, E_USAGE, "--batch wants 8 to %d hexadecimal digits, not %s", 2 * DIGEST_LEN, prefix);
    enum err e = file_list(archive_fd, BATCHES_MAX, &list, d);
    for (size_t i = 0; i < list.n && e == E_OK; i++) {
        uint8_t digest[DIGEST_LEN];
        if (strncmp(list.names[i], prefix, n) != 0 || !hex_decode(list.names[i], digest, DIGEST_LEN))
            continue;
        if (fstatat(archive_fd, list.names[i], &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(st.st_mode))
            continue;
        memcpy(intake, digest, DIGEST_LEN);
        found++;
    }
    if (e == E_OK && found == 0)
        e = diag_set(d, E_BATCH_MISSING, "none begins with %s", prefix);
    if (e == E_OK && found > 1)
        e = diag_set(d, E_USAGE, "--batch wants more digits: %zu batches in the archive begin with %s", found, prefix);
    if (e != E_OK)
        memset(intake, 0, DIGEST_LEN);
    file_list_free(&list);
    return e;
}
