#include "room/minutes_archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/i18n.h"
#include "room/extent.h"
#include "room/record_files.h"
#include "room/transcript.h"

/* The last event that says where the log stood, among those that the minutes tell of; NULL when there is none. */
static const json_t *last_head(const json_t *events)
{
    for (size_t i = extent_of(events); i > 0; i--) {
        const json_t *event = json_array_get(events, i - 1);
        const char *name = json_string_value(json_object_get(event, "event"));
        if (name != NULL && strcmp(name, event_name(EVENT_HEAD)) == 0)
            return event;
    }
    return NULL;
}

static enum err read_facts(int state_fd, const struct script *s, const json_t *events, struct minutes_facts *out, struct diag *d)
{
    uint8_t head[DIGEST_LEN];
    int64_t size;
    struct diag why = {0};
    const json_t *event = last_head(events);
    *out = (struct minutes_facts){0};
    if (event == NULL)
        return E_OK;
    enum err e = json_get_integer(event, "size", 1, INT64_MAX, &size, TRANSCRIPT_FILE, &why);
    if (e == E_OK)
        e = json_get_digest(event, "head", head, TRANSCRIPT_FILE, &why);
    if (e != E_OK)
        return diag_again(d, E_TRANSCRIPT, &why);
    return minutes_facts_read(state_fd, s->name, (uint64_t)size, head, out, d);
}

enum err minutes_make(int state_fd, int dir_fd, const struct script *s, struct minutes *out, struct diag *d)
{
    char language[MINUTES_LANGUAGE];
    struct minutes_facts facts = {0};
    json_t *events = NULL;
    *out = (struct minutes){0};
    enum err e = extent_read(dir_fd, &events, d);
    if (e == E_OK)
        e = read_facts(state_fd, s, events, &facts, d);
    minutes_own_language(language);
    facts.language = language;
    if (e == E_OK)
        e = minutes_write(s, events, &facts, out, d);
    json_decref(events);
    minutes_facts_free(&facts);
    return e;
}

/* -- what the log says of them -- */

enum err minutes_line(int state_fd, const char *ceremony, struct record *out, bool *found, struct diag *d)
{
    struct log_reader *reader = NULL;
    struct stat st;
    bool more = true;
    *found = false;
    *out = (struct record){0};
    if (fstatat(state_fd, LOG_FILE, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? E_OK : diag_errno(d, errno, LOG_FILE);
    enum err e = log_reader_open(state_fd, LOG_FILE, NULL, &reader, d);
    while (e == E_OK && more && !*found) {
        struct record r = {0};
        struct span line;
        e = log_reader_next(reader, &line, &r, &more, d);
        *found = e == E_OK && more && r.type == RECORD_MINUTES && strcmp(record_text(&r, "ceremony"), ceremony) == 0;
        if (*found)
            *out = r;
        else if (e == E_OK && more)
            record_free(&r);
    }
    log_reader_close(reader);
    return e;
}

static enum err compare(const struct record *line, const char *field, const uint8_t digest[DIGEST_LEN], struct diag *d)
{
    uint8_t said[DIGEST_LEN];
    enum err e = record_digest(line, field, said);
    if (e == E_OK && memcmp(said, digest, DIGEST_LEN) != 0)
        e = diag_set(d, E_ARCHIVE, "ceremony %s: what its record gives is not the log's \"%s\"", record_text(line, "ceremony"), field);
    return e;
}

enum err minutes_compare(const struct minutes *m, const struct record *line, struct diag *d)
{
    enum err e = compare(line, "transcript", m->transcript, d);
    if (e == E_OK)
        e = compare(line, "minutes", m->html_digest, d);
    return e == E_OK ? compare(line, "text", m->text_digest, d) : e;
}

void minutes_own_language(char out[MINUTES_LANGUAGE])
{
    snprintf(out, MINUTES_LANGUAGE, "%s", i18n_language());
    for (char *p = out; *p != '\0'; p++)
        if (*p == '_')
            *p = '-';
}

void minutes_language(struct span html, char out[MINUTES_LANGUAGE])
{
    static const char before[] = "<html lang=\"";
    const char *at = html.n > 0 ? memmem(html.p, html.n, before, sizeof before - 1) : NULL;
    out[0] = '\0';
    if (at == NULL)
        return;
    at += sizeof before - 1;
    size_t left = html.n - (size_t)(at - (const char *)html.p);
    const char *end = memchr(at, '"', left < MINUTES_LANGUAGE ? left : MINUTES_LANGUAGE);
    if (end != NULL)
        snprintf(out, MINUTES_LANGUAGE, "%.*s", (int)(end - at), at);
}
