#include "room/minutes_sign.h"

#include <stdio.h>

#include "batch/authorise.h"
#include "core/file.h"

#define NAME_MAX_ (sizeof MINUTES_SIGNATURE_PREFIX + LIMIT_TOKEN_TEXT + sizeof ".p7s")

static enum err write_text(const char *ceremony, const char *minutes, const char *text, const char *transcript, struct buf *out)
{
    buf_printf(out, "rootseal-minutes-1\nceremony %s\nminutes %s\ntext %s\ntranscript %s\n", ceremony, minutes, text, transcript);
    return buf_err(out);
}

enum err minutes_sign_text(const struct record *line, struct buf *out)
{
    return write_text(record_text(line, "ceremony"), record_text(line, "minutes"), record_text(line, "text"),
                      record_text(line, "transcript"), out);
}

enum err minutes_sign_text_of(const char *ceremony, const uint8_t minutes[DIGEST_LEN], const uint8_t text[DIGEST_LEN],
                              const uint8_t transcript[DIGEST_LEN], struct buf *out)
{
    char hex[3][DIGEST_HEX];
    hex_encode(minutes, DIGEST_LEN, hex[0]);
    hex_encode(text, DIGEST_LEN, hex[1]);
    hex_encode(transcript, DIGEST_LEN, hex[2]);
    return write_text(ceremony, hex[0], hex[1], hex[2], out);
}

static void name_of(const char *id, char out[NAME_MAX_])
{
    snprintf(out, NAME_MAX_, MINUTES_SIGNATURE_PREFIX "%s.p7s", id);
}

/* What officers authorise is told in other words. */
static enum err verify(const struct policy_officer *who, const char *name, struct span cms, struct span text, int64_t then, struct diag *d)
{
    struct diag why = {0};
    enum err e = authorise_verify(who, name, cms, text, then, &why);
    return e == E_OK ? E_OK : minutes_sign_again(d, e, &why);
}

enum err minutes_sign_again(struct diag *d, enum err e, const struct diag *why)
{
    return diag_again(d, e == E_OFFICER || e == E_OFFICER_SIGNATURE ? E_MINUTES_SIGNATURE : e, why);
}

enum err minutes_sign_put(int dir_fd, const struct policy_officer *who, struct span cms, struct span text, int64_t now,
                          struct diag *d)
{
    char name[NAME_MAX_];
    name_of(who->id, name);
    enum err e = verify(who, name, cms, text, now, d);
    return e == E_OK ? file_write(dir_fd, name, cms.p, cms.n, d) : e;
}

enum err minutes_sign_read(int dir_fd, const char *id, struct buf *cms, bool *found, struct diag *d)
{
    char name[NAME_MAX_];
    name_of(id, name);
    return file_read(dir_fd, name, LIMIT_APPROVAL_BYTES, cms, found, d);
}

enum err minutes_sign_check(int dir_fd, const struct policy_officer *who, struct span text, int64_t then, bool *found,
                            struct diag *d)
{
    char name[NAME_MAX_];
    struct buf cms = {0};
    name_of(who->id, name);
    enum err e = minutes_sign_read(dir_fd, who->id, &cms, found, d);
    if (e == E_OK && *found)
        e = verify(who, name, buf_span(&cms), text, then, d);
    *found = *found && e == E_OK;
    buf_free(&cms);
    return e;
}
