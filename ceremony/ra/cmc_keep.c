#include "ra/cmc_keep.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ORIGINAL ".cmc"
#define BATCH ".batch"
#define NAME (LIMIT_TOKEN_TEXT + 16)
#define FILES_MAX 2000000
#define LINE (3 * (LIMIT_TOKEN_TEXT + 1) + 1)

/* On a medium the appliance would refuse a file that it does not know. */
static enum err check_apart(const struct cmc_keep *k, struct diag *d)
{
    struct stat a, b;
    if (fstat(k->fd, &a) != 0 || fstat(k->desk->fd, &b) != 0)
        return diag_set(d, E_IO, "%s", k->path);
    return a.st_dev != b.st_dev || a.st_ino != b.st_ino
               ? E_OK
               : diag_set(d, E_USAGE, "--keep: the batch's own folder goes to the appliance, which takes no such file");
}

enum err cmc_keep_open(const char *path, const struct desk *desk, struct cmc_keep *out, struct diag *d)
{
    *out = (struct cmc_keep){.fd = -1, .path = path, .desk = desk};
    enum err e = file_make_path(path, &out->fd, d);
    if (e == E_OK)
        e = check_apart(out, d);
    return e == E_OK ? desk_lock(out->fd, path, d) : e;
}

/* -- the batch that an original was taken into -- */

static size_t batch_line(const struct cmc_keep *k, char line[LINE])
{
    const struct batch_header *h = &k->desk->header;
    return (size_t)snprintf(line, LINE, "%s %s %s\n", h->authority, h->ra, h->id);
}

/* Is it the one at hand? Without a line it is another. */
static enum err check_batch(const struct cmc_keep *k, const char *id, struct diag *d)
{
    char name[NAME], line[LINE];
    struct buf there = {0};
    bool found, same;
    size_t n = batch_line(k, line);
    snprintf(name, sizeof name, "%s" BATCH, id);
    enum err e = file_read(k->fd, name, LINE, &there, &found, d);
    same = e == E_OK && found && there.len == n && memcmp(there.data, line, n) == 0;
    if (e == E_OK && !same && there.len > 1)
        e = diag_set(d, E_CMC_REPEATED, "%s/%s.cmc is the same, of the batch %.*s", k->path, id, (int)there.len - 1,
                     (const char *)there.data);
    else if (e == E_OK && !same)
        e = diag_set(d, E_CMC_REPEATED, "%s/%s.cmc is the same, of a batch that is not known", k->path, id);
    buf_free(&there);
    return e;
}

/* -- the originals -- */

static bool is_original(const char *name, char id[NAME])
{
    size_t n = strlen(name), end = strlen(ORIGINAL);
    if (n <= end || n >= NAME || strcmp(name + n - end, ORIGINAL) != 0)
        return false;
    snprintf(id, NAME, "%.*s", (int)(n - end), name);
    return true;
}

static enum err check_same(const struct cmc_keep *k, const char *id, const struct cmc *there, const struct cmc_repeat *batch,
                           struct diag *d)
{
    enum err e = check_batch(k, id, d);
    return e == E_OK ? cmc_repeat_check(batch, there->digest, d) : e;
}

static enum err check_original(const struct cmc_keep *k, const char *name, const char *id, const struct cmc *c,
                               const struct cmc_repeat *batch, struct diag *d)
{
    struct buf file = {0};
    struct cmc there = {.signature = NULL};
    struct diag why = {0};
    enum err e = file_read(k->fd, name, LIMIT_CMC_BYTES, &file, NULL, d);
    if (e != E_OK)
        goto out;
    e = cmc_parse(buf_span(&file), &there, &why);
    if (e == E_NO_MEMORY || e == E_CRYPTO)
        diag_again(d, e, &why);
    else if (e != E_OK)
        e = diag_set(d, E_FOLDER_OCCUPIED, "%s/%s is no CMC request any more, if it ever was", k->path, name);
    else if (memcmp(there.signed_digest, c->signed_digest, DIGEST_LEN) == 0)
        e = check_same(k, id, &there, batch, d);
    cmc_free(&there);
out:
    buf_free(&file);
    return e;
}

enum err cmc_keep_check(const struct cmc_keep *k, const struct cmc *c, const struct cmc_repeat *batch, struct diag *d)
{
    struct file_list all = {0};
    char id[NAME];
    enum err e = file_list(k->fd, FILES_MAX, &all, d);
    for (size_t i = 0; e == E_OK && i < all.n; i++)
        if (is_original(all.names[i], id))
            e = check_original(k, all.names[i], id, c, batch, d);
    file_list_free(&all);
    return e;
}

/* The batch's name comes first: an original without it would be of a batch that is not known. */
static enum err write_both(const struct cmc_keep *k, const char *id, const char *name, struct span file, struct diag *d)
{
    char beside[NAME], line[LINE];
    size_t n = batch_line(k, line);
    snprintf(beside, sizeof beside, "%s" BATCH, id);
    enum err e = file_write(k->fd, beside, line, n, d);
    return e == E_OK ? file_write(k->fd, name, file.p, file.n, d) : e;
}

enum err cmc_keep_put(const struct cmc_keep *k, const char *id, struct span file, struct diag *d)
{
    char name[NAME];
    struct buf there = {0};
    bool found = false;
    snprintf(name, sizeof name, "%s" ORIGINAL, id);
    enum err e = file_read(k->fd, name, LIMIT_CMC_BYTES, &there, &found, d);
    if (e == E_OK && found && (there.len != file.n || memcmp(there.data, file.p, file.n) != 0))
        e = diag_set(d, E_FOLDER_OCCUPIED, "%s/%s is another request: give --id", k->path, name);
    if (e == E_OK && !found)
        e = write_both(k, id, name, file, d);
    buf_free(&there);
    return e;
}

void cmc_keep_close(struct cmc_keep *k)
{
    if (k->fd >= 0)
        close(k->fd);
    k->fd = -1;
}
