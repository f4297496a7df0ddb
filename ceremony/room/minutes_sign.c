#include "room/minutes_sign.h"

#include <stdio.h>

#include "batch/authorise.h"
#include "core/file.h"

#define NAME_MAX_ (sizeof MINUTES_SIGNATURE_PREFIX + LIMIT_TOKEN_TEXT + sizeof ".p7s")

enum err minutes_sign_text(const struct record *line, struct buf *out)
{
    buf_printf(out, "rootseal-minutes-1\nceremony %s\nminutes %s\ntext %s\ntranscript %s\n", record_text(line, "ceremony"),
               record_text(line, "minutes"), record_text(line, "text"), record_text(line, "transcript"));
    return buf_err(out);
}

static void name_of(const struct policy_officer *officer, char out[NAME_MAX_])
{
    snprintf(out, NAME_MAX_, MINUTES_SIGNATURE_PREFIX "%s.p7s", officer->id);
}

enum err minutes_sign_put(int dir_fd, const struct policy_officer *officer, struct span cms, struct span text, int64_t now,
                          struct diag *d)
{
    char name[NAME_MAX_];
    name_of(officer, name);
    enum err e = authorise_verify(officer, name, cms, text, now, d);
    return e == E_OK ? file_write(dir_fd, name, cms.p, cms.n, d) : e;
}

enum err minutes_sign_check(int dir_fd, const struct policy *p, struct span text, int64_t then,
                            const struct policy_officer **by, size_t *n, struct diag *d)
{
    enum err e = E_OK;
    *n = 0;
    for (size_t i = 0; i < p->officers_n && i < LIMIT_OFFICERS && e == E_OK; i++) {
        char name[NAME_MAX_];
        struct buf cms = {0};
        bool found = false;
        name_of(&p->officers[i], name);
        e = file_read(dir_fd, name, LIMIT_APPROVAL_BYTES, &cms, &found, d);
        if (e == E_OK && found)
            e = authorise_verify(&p->officers[i], name, buf_span(&cms), text, then, d);
        if (e == E_OK && found)
            by[(*n)++] = &p->officers[i];
        buf_free(&cms);
    }
    return e;
}
