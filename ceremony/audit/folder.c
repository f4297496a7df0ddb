#include "audit/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "batch/intake.h"
#include "batch/state.h"
#include "core/file.h"

#define REFUSAL_FILE "refusal.json"

enum err folder_open_only(const struct audit *a, const char *intake, int *fd, struct diag *d)
{
    *fd = -1;
    if (a->archive_fd >= 0)
        *fd = file_open_beneath(a->archive_fd, intake, O_RDONLY | O_DIRECTORY, 0);
    if (*fd < 0)
        return diag_set(d, E_ARCHIVE, "%s/%s is not there", ARCHIVE_DIR, intake);
    return E_OK;
}

enum err folder_open(struct audit *a, const char *intake, const char *batch, int *fd,
                     struct diag *d)
{
    struct intake in;
    char hex[DIGEST_HEX];
    enum err e = folder_open_only(a, intake, fd, d);
    if (e != E_OK)
        return e;
    e = audit_archive(intake_digest(*fd, &in, d), d);
    hex_encode(in.batch, DIGEST_LEN, hex);
    if (e == E_OK && strcmp(hex, batch) != 0)
        e = diag_set(d, E_ARCHIVE, "%s/%s/%s is not the batch of this line", ARCHIVE_DIR,
                     intake, BATCH_FILE);
    else if (e == E_OK && strcmp(in.dir, intake) != 0)
        e = diag_set(d, E_ARCHIVE, "the approvals in %s/%s are not those that came", ARCHIVE_DIR,
                     intake);
    if (e != E_OK) {
        close(*fd);
        *fd = -1;
    }
    return e;
}

static enum err compare_refusal(json_t *obj, const struct record *r, struct diag *d)
{
    const char *format = "", *batch = "", *intake = "", *code = "", *clause = "", *detail = "";
    json_int_t line = 0;
    if (json_unpack_ex(obj, NULL, JSON_STRICT, "{s:s,s:s,s:s,s:s,s:s,s:s,s:I}", "format", &format,
                       "batch", &batch, "intake", &intake, "code", &code, "clause", &clause,
                       "detail", &detail, "log", &line) != 0 ||
        strcmp(format, "rootseal-refusal-1") != 0 || strcmp(batch, record_text(r, "batch")) != 0 ||
        strcmp(intake, record_text(r, "intake")) != 0 || strcmp(code, record_text(r, "code")) != 0 ||
        strcmp(clause, record_text(r, "clause")) != 0 || line != (json_int_t)r->seq)
        return diag_set(d, E_ARCHIVE, "%s says something else", REFUSAL_FILE);
    return E_OK;
}

/* Through its folder, so that no symbolic link is followed. */
static enum err read_refusal(int fd, const struct record *r, struct buf *out, bool *found,
                             struct diag *d)
{
    char name[LIMIT_TOKEN_TEXT + 32];
    *found = false;
    snprintf(name, sizeof name, "refused-%.8s-%.64s", record_text(r, "intake"),
             record_text(r, "code"));
    int dir = file_open_beneath(fd, name, O_RDONLY | O_DIRECTORY, 0);
    if (dir < 0)
        return errno == ENOENT ? E_OK : diag_set(d, E_ARCHIVE, "%s: %s", name, strerror(errno));
    enum err e = audit_archive(file_read(dir, REFUSAL_FILE, LIMIT_LINE, out, found, d), d);
    close(dir);
    return e;
}

enum err folder_refusal(int fd, const struct record *r, bool *found, struct diag *d)
{
    struct buf bytes = {0};
    json_t *obj = NULL;
    enum err e = read_refusal(fd, r, &bytes, found, d);
    if (e != E_OK || !*found)
        goto out;
    if (bytes.len == 0 || bytes.data[bytes.len - 1] != '\n')
        e = diag_set(d, E_ARCHIVE, "%s is cut off", REFUSAL_FILE);
    if (e == E_OK)
        e = json_line_parse_canonical((const char *)bytes.data, bytes.len - 1, REFUSAL_FILE,
                                      E_ARCHIVE, &obj, d);
    if (e == E_OK)
        e = compare_refusal(obj, r, d);
out:
    json_decref(obj);
    buf_free(&bytes);
    return e;
}
