#include "audit/ceremonies.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "batch/state.h"
#include "core/file.h"
#include "room/extent.h"
#include "room/minutes_sign.h"
#include "room/record_files.h"

/* The file of that ceremony has the digest that this field of the line says. */
static enum err check_file(int dir_fd, const char *file, const struct record *r, const char *field, struct diag *d)
{
    uint8_t said[DIGEST_LEN], found[DIGEST_LEN];
    struct diag why = {0};
    enum err e = record_digest(r, field, said);
    if (e == E_OK)
        e = file_digest(dir_fd, file, RECORD_FILE_MAX, found, &why);
    if (e == E_OK && memcmp(said, found, DIGEST_LEN) != 0)
        e = diag_set(&why, E_ARCHIVE, "it is not the one of the log");
    if (e == E_OK || e == E_NO_MEMORY)
        return e;
    return diag_set(d, E_ARCHIVE, CEREMONIES_DIR "/%s/%s: %s", record_text(r, "ceremony"), file, why.text);
}

/* The transcript as far as the minutes tell of it; it may have grown since. */
static enum err check_transcript(int dir_fd, const struct record *r, struct diag *d)
{
    uint8_t said[DIGEST_LEN], found[DIGEST_LEN];
    json_t *events = NULL;
    struct diag why = {0};
    enum err e = record_digest(r, "transcript", said);
    if (e == E_OK)
        e = extent_read(dir_fd, &events, &why);
    if (e == E_OK)
        e = extent_digest(events, extent_of(events), NULL, found, &why);
    json_decref(events);
    if (e == E_OK && memcmp(said, found, DIGEST_LEN) != 0)
        e = diag_set(&why, E_ARCHIVE, "it is not the one of the log");
    if (e == E_OK || e == E_NO_MEMORY)
        return e;
    return diag_set(d, E_ARCHIVE, CEREMONIES_DIR "/%s/" TRANSCRIPT_FILE ": %s", record_text(r, "ceremony"), why.text);
}

/* What officers signed of the minutes, where they are officers of this program's policy. */
static enum err check_signatures(struct audit *a, int dir_fd, const struct record *r, struct diag *d)
{
    const struct policy_officer *by[LIMIT_OFFICERS];
    struct buf text = {0};
    size_t n = 0;
    enum err e = minutes_sign_text(r, &text);
    if (e == E_OK && a->same_log_policy)
        e = minutes_sign_check(dir_fd, a->policy, buf_span(&text), r->time, by, &n, d);
    for (size_t i = 0; i < n && e == E_OK; i++)
        audit_note(a, "the minutes of the ceremony %s are signed by %s", record_text(r, "ceremony"), by[i]->id);
    buf_free(&text);
    return e;
}

enum err ceremonies_open(const struct audit *a, const char *name, int *fd, struct diag *d)
{
    int all = file_open_beneath(a->state_fd, CEREMONIES_DIR, O_RDONLY | O_DIRECTORY, 0);
    *fd = all < 0 ? -1 : file_open_beneath(all, name, O_RDONLY | O_DIRECTORY, 0);
    if (all >= 0)
        close(all);
    return *fd >= 0 ? E_OK : diag_set(d, E_ARCHIVE, CEREMONIES_DIR "/%s is not there", name);
}

static enum err check_files(struct audit *a, const struct record *r, struct diag *d)
{
    int fd = -1;
    enum err e = ceremonies_open(a, record_text(r, "ceremony"), &fd, d);
    if (e == E_OK && r->type == RECORD_CEREMONY)
        e = check_file(fd, SCRIPT_FILE, r, "file", d);
    if (e == E_OK && r->type == RECORD_MINUTES)
        e = check_file(fd, MINUTES_HTML, r, "minutes", d);
    if (e == E_OK && r->type == RECORD_MINUTES)
        e = check_file(fd, MINUTES_TEXT, r, "text", d);
    if (e == E_OK && r->type == RECORD_MINUTES)
        e = check_transcript(fd, r, d);
    if (e == E_OK && r->type == RECORD_MINUTES)
        e = check_signatures(a, fd, r, d);
    if (fd >= 0)
        close(fd);
    return e;
}

enum err ceremonies_take(struct audit *a, const struct record *r)
{
    struct diag why = {0};
    const char *name = record_text(r, "ceremony");
    switch (r->type) {
    case RECORD_CEREMONY:
        if (record_number(r, "done") == 0)
            audit_note(a, "the ceremony %s, by the file with the digest %s", name, record_text(r, "file"));
        else
            audit_note(a, "the ceremony %s goes on after step %lld: the token was not told of more", name,
                       (long long)record_number(r, "done"));
        break;
    case RECORD_TIME:
        audit_note(a, "%lld persons confirmed the clock", (long long)record_number(r, "persons"));
        break;
    case RECORD_STEP:
        return E_OK;
    case RECORD_EXCEPTION:
        audit_note(a, "exception in step %lld of the ceremony %s: %s", (long long)record_number(r, "step"), name,
                   record_text(r, "code"));
        break;
    default:
        audit_note(a, "the minutes of the ceremony %s, SHA-256 %s", name, record_text(r, "minutes"));
        break;
    }
    return audit_take(a, check_files(a, r, &why), &why);
}
