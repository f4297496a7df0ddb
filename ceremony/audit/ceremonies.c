#include "audit/ceremonies.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/minutes_again.h"
#include "audit/records.h"
#include "audit/signatures.h"
#include "batch/state.h"
#include "core/file.h"
#include "room/extent.h"
#include "room/record_files.h"

/* The file of that ceremony has the digest that this field of the line says. */
static enum err check_file(struct audit *a, int dir_fd, const char *file, const struct record *r, const char *field, struct diag *d)
{
    uint8_t said[DIGEST_LEN], found[DIGEST_LEN];
    struct diag why = {0};
    enum err e = records_name(a, record_text(r, "ceremony"), file);
    if (e == E_OK)
        e = record_digest(r, field, said);
    if (e == E_OK)
        e = file_digest(dir_fd, file, RECORD_FILE_MAX, found, &why);
    if (e == E_OK && memcmp(said, found, DIGEST_LEN) != 0)
        e = diag_set(&why, E_ARCHIVE, "it is not the one of the log");
    if (e == E_OK || e == E_NO_MEMORY)
        return e;
    return diag_wrap(d, E_ARCHIVE, &why, "%s/%s/%s", CEREMONIES_DIR, record_text(r, "ceremony"), file);
}

/* The transcript as far as the minutes tell of it; it may have grown since. What stands in it is then what the log says: who was
 * there, and signed. One that differed before was told of. */
static enum err check_transcript(struct audit *a, int dir_fd, const struct record *r, struct transcripts_entry *t, struct diag *d)
{
    uint8_t said[DIGEST_LEN], found[DIGEST_LEN];
    if (t->events == NULL || t->broken)
        return E_OK;
    const size_t n = extent_of(t->events);
    enum err e = record_digest(r, "transcript", said);
    if (e == E_OK)
        e = extent_digest(t->events, n, NULL, found, d);
    if (e == E_OK && memcmp(said, found, DIGEST_LEN) != 0) {
        t->broken = true;
        transcripts_wrong(a, t, t->at, n - (n > 0), "it is not the one of the minutes' line; the end of the last step follows from it");
        return E_OK;
    }
    if (e == E_OK)
        e = signatures_check(a, dir_fd, r, t->events, n, d);
    t->keys_known = e == E_OK && a->policy_known;
    return e == E_OK ? minutes_again_check(a, dir_fd, r, t, d) : e;
}

enum err ceremonies_open(const struct audit *a, const char *name, int *fd, struct diag *d)
{
    int all = file_open_beneath(a->state_fd, CEREMONIES_DIR, O_RDONLY | O_DIRECTORY, 0);
    *fd = all < 0 ? -1 : file_open_beneath(all, name, O_RDONLY | O_DIRECTORY, 0);
    if (all >= 0)
        close(all);
    return *fd >= 0 ? E_OK : diag_set(d, E_ARCHIVE, "%s/%s is not there", CEREMONIES_DIR, name);
}

static enum err check_files(struct audit *a, const struct record *r, struct diag *d)
{
    int fd = -1;
    struct transcripts_entry *t;
    enum err e = transcripts_read(a, record_text(r, "ceremony"), &t);
    if (e == E_OK && t->gone) /* which was told */
        return E_OK;
    if (e == E_OK)
        e = ceremonies_open(a, record_text(r, "ceremony"), &fd, d);
    if (e == E_OK && r->type == RECORD_CEREMONY)
        e = check_file(a, fd, SCRIPT_FILE, r, "file", d);
    if (e == E_OK && r->type == RECORD_MINUTES)
        e = check_file(a, fd, MINUTES_HTML, r, "minutes", d);
    if (e == E_OK && r->type == RECORD_MINUTES)
        e = check_file(a, fd, MINUTES_TEXT, r, "text", d);
    if (e == E_OK && r->type == RECORD_MINUTES)
        e = check_transcript(a, fd, r, t, d);
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
