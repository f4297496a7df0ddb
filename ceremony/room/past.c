#include "room/past.h"
#include "core/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "log/course.h"
#include "log/log.h"

static enum err take_minutes(struct past *out, const struct record *r, const char *name)
{
    const char *whose = record_text(r, "ceremony");
    if (r->type != RECORD_MINUTES || strcmp(whose, name) == 0)
        return E_OK;
    out->minutes = true;
    out->earlier_size = out->minutes_size;
    out->minutes_size = r->seq;
    snprintf(out->ceremony, sizeof out->ceremony, "%s", whose);
    enum err e = record_digest(r, "minutes", out->minutes_digest);
    return e == E_OK ? record_digest(r, "transcript", out->transcript) : e;
}

static void take_own(struct past *out, const struct course *c)
{
    if (c == NULL)
        return;
    out->begun = true;
    memcpy(out->file, c->file, DIGEST_LEN);
    out->done = (int)c->done;
    if (c->done > 0)
        memcpy(out->over, c->over[c->done - 1], DIGEST_LEN);
}

static void take_end(struct past *out, const struct record *r, const char *name)
{
    if (r->type == RECORD_SEAL && out->last > 0 && out->seal == 0)
        out->seal = r->seq;
    if ((r->type != RECORD_STEP && r->type != RECORD_EXCEPTION) || strcmp(record_text(r, "ceremony"), name) != 0)
        return;
    out->last = r->seq;
    out->seal = 0;
}

static enum err walk(struct log_reader *reader, const char *name, struct past *out, struct diag *d)
{
    struct courses courses = {0};
    bool more = true;
    enum err e = E_OK;
    while (e == E_OK) {
        struct record r = {0};
        struct span line;
        e = log_reader_next(reader, &line, &r, &more, d);
        if (e != E_OK || !more)
            break;
        e = courses_take(&courses, &r, d);
        if (e == E_OK)
            e = take_minutes(out, &r, name);
        take_end(out, &r, name);
        record_free(&r);
    }
    take_own(out, courses_find(&courses, name));
    courses_free(&courses);
    return e;
}

enum err past_read(int state_fd, const char *name, struct past *out, struct diag *d)
{
    struct log_reader *reader = NULL;
    struct stat st;
    *out = (struct past){0};
    if (fstatat(state_fd, LOG_FILE, &st, AT_SYMLINK_NOFOLLOW) != 0) /* a log that cannot be looked at is not none */
        return errno == ENOENT ? E_OK : diag_errno(d, errno, LOG_FILE);
    enum err e = log_reader_open(state_fd, LOG_FILE, NULL, &reader, d);
    if (e == E_OK)
        e = walk(reader, name, out, d);
    if (e == E_OK) {
        const struct log_position *at = log_reader_position(reader);
        out->state = at->size > 0;
        out->size = at->size;
        out->time = at->time;
        memcpy(out->head, at->head, DIGEST_LEN);
        memcpy(out->id, at->id, DIGEST_LEN);
    }
    log_reader_close(reader);
    return e;
}

enum err past_check_follows(const struct past *past, const struct script *s, bool rehearsal, struct diag *d)
{
    if (past->minutes != s->follows_any)
        return diag_set(d, E_SCRIPT_FOLLOWS, past->minutes ? N_("the log has minutes of %s, the file says it follows none")
                                                           : N_("%s: the log has no minutes of another ceremony"),
                        past->minutes ? past->ceremony : s->name);
    if (past->minutes && !rehearsal && memcmp(past->minutes_digest, s->follows, DIGEST_LEN) != 0)
        return diag_set(d, E_SCRIPT_FOLLOWS, "the last minutes in the log, of %s, have another digest", past->ceremony);
    return E_OK;
}

enum err past_position(int state_fd, uint64_t size, struct log_position *out, bool *found, struct diag *d)
{
    struct log_reader *reader = NULL;
    bool more = true;
    *found = false;
    *out = (struct log_position){0};
    enum err e = log_reader_open(state_fd, LOG_FILE, NULL, &reader, d);
    while (e == E_OK && more && log_reader_position(reader)->size < size) {
        struct record r = {0};
        struct span line;
        e = log_reader_next(reader, &line, &r, &more, d);
        if (e == E_OK && more)
            record_free(&r);
    }
    *found = e == E_OK && log_reader_position(reader)->size == size;
    if (*found)
        *out = *log_reader_position(reader);
    log_reader_close(reader);
    return e;
}
