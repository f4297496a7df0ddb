#include "room/past.h"

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
    snprintf(out->ceremony, sizeof out->ceremony, "%s", whose);
    return record_digest(r, "minutes", out->minutes_digest);
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
    }
    log_reader_close(reader);
    return e;
}
