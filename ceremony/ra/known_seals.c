#include "ra/known_seals.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "core/i18n.h"
#include "core/json.h"
#include "log/record.h"
#include "ra/lines.h"

#define IMPORTS_MAX 1000000 /* folders below --out */

struct known {
    uint8_t log[DIGEST_LEN], head[DIGEST_LEN];
    int64_t size;
};

static bool parse(const struct buf *bytes, struct known *out)
{
    struct diag ignored = {0};
    json_t *obj = NULL;
    size_t n = bytes->len > 0 && bytes->data[bytes->len - 1] == '\n' ? bytes->len - 1 : bytes->len;
    bool good = json_line_parse((const char *)bytes->data, n, LAYOUT_MARK, &obj, &ignored) == E_OK &&
                json_get_digest(obj, "log", out->log, LAYOUT_MARK, &ignored) == E_OK &&
                json_get_digest(obj, "log-head", out->head, LAYOUT_MARK, &ignored) == E_OK &&
                json_get_integer(obj, "log-size", 1, INT64_MAX - 1, &out->size, LAYOUT_MARK, &ignored) == E_OK;
    json_decref(obj);
    return good;
}

/* What this import knows; false when it is none. */
static bool read_known(int out_fd, const char *name, struct known *out)
{
    struct diag ignored = {0};
    struct buf bytes = {0};
    bool found = false;
    int fd = file_open_beneath(out_fd, name, O_RDONLY | O_DIRECTORY, 0);
    bool good = fd >= 0 && file_read(fd, LAYOUT_MARK, LIMIT_LINE, &bytes, &found, &ignored) == E_OK && found &&
                parse(&bytes, out);
    if (fd >= 0)
        close(fd);
    buf_free(&bytes);
    return good;
}

/* The digest of the log's line `number`: what the line behind it has as prev. The lines are verified, none is missing. */
static enum err digest_of(const struct bundle *b, int64_t number, uint8_t digest[DIGEST_LEN], struct diag *d)
{
    struct lines log = lines_of(&b->files[MANIFEST_LOG]);
    struct span line = {NULL, 0};
    struct record r;
    for (int64_t n = b->manifest.log_first; n <= number + 1 && lines_next(&log, &line, NULL); n++)
        continue;
    enum err e = record_parse(line, &r, d);
    memcpy(digest, r.prev, DIGEST_LEN);
    record_free(&r);
    return e;
}

static enum err compare(const char *path, const char *name, const struct known *k, const struct bundle *b,
                        struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    if (k->size < b->manifest.log_first - 1 || k->size >= b->manifest.log_last)
        return E_OK;
    enum err e = digest_of(b, k->size, digest, d);
    if (e != E_OK || memcmp(digest, k->head, DIGEST_LEN) == 0)
        return e;
    diag_set(d, E_BUNDLE_OTHER,
             "the log was forked: its line %" PRId64 " is another than the one sealed when %s/%s was imported", k->size,
             path, name);
    diag_advise(d, N_("keep both bundles; the CA owes a proof by audit consistency of their seals"));
    return E_BUNDLE_OTHER;
}

static enum err check_all(const char *path, int fd, const struct bundle *b, const struct seal *seal,
                          char other[LAYOUT_NAME], struct diag *d)
{
    struct file_list names = {0};
    enum err e = file_list(fd, IMPORTS_MAX, &names, d);
    for (size_t i = 0; i < names.n && e == E_OK; i++) {
        struct known k;
        if (!read_known(fd, names.names[i], &k))
            continue;
        if (memcmp(k.log, seal->log, DIGEST_LEN) == 0)
            e = compare(path, names.names[i], &k, b, d);
        else if (strlen(names.names[i]) < LAYOUT_NAME)
            snprintf(other, LAYOUT_NAME, "%s", names.names[i]);
    }
    file_list_free(&names);
    return e;
}

enum err known_seals_check(const char *path, const struct bundle *bundle, const struct seal *seal,
                           char other[LAYOUT_NAME], struct diag *d)
{
    other[0] = '\0';
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return E_OK; /* what is wrong with it is told when it is written to */
    enum err e = check_all(path, fd, bundle, seal, other, d);
    close(fd);
    return e;
}
