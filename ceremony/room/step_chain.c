#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/i18n.h"
#include "core/screen.h"
#include "log/log.h"
#include "room/brought.h"
#include "room/minutes_code.h"
#include "room/past.h"
#include "room/people.h"
#include "room/steps.h"

/* -- bundles -- */

static enum err record_good(struct room *r, const struct script_step *s, const char *about, const struct seal *seal, struct diag *d)
{
    char head[DIGEST_HEX], at[DIGEST_HEX + 24];
    hex_encode(seal->head, DIGEST_LEN, head);
    snprintf(at, sizeof at, "%" PRIu64 " %s", seal->size, head);
    screen_item(_("bundle"), _("its seal is over %llu lines, and the log has them"), (unsigned long long)seal->size);
    return transcript_add(r->transcript, EVENT_CHECKED,
                          json_pack("{s:i,s:s,s:s,s:s}", "n", s->n, "what", about, "expected", at, "found", at), d);
}

static enum err compare(struct room *r, const struct script_step *s, const char *about, const struct seal *seal, struct diag *d)
{
    enum err e = brought_compare(r, seal, d);
    return e == E_OK ? record_good(r, s, about, seal, d) : e;
}

/* What cannot be read of a folder that the file names, and what does not fit the log, stops the ceremony; those present may go
 * on without it by an exception. */
static enum err settle(struct room *r, const struct script_step *s, const char *about, enum err failure, const struct diag *why, bool *again,
                       struct diag *d)
{
    const struct people_trouble trouble = {failure, why, about, true};
    *again = false;
    return failure == E_OK ? E_OK : people_settle(r, s, &trouble, again, d);
}

static enum err take_named(struct room *r, const struct script_step *s, size_t i, struct diag *d)
{
    char about[32];
    bool again = true;
    enum err e = E_OK;
    snprintf(about, sizeof about, "bundle %zu", i + 1);
    if (transcript_is_excepted(r->transcript, s->n, about))
        return E_OK;
    while (e == E_OK && again) {
        struct seal seal;
        struct diag why = {0};
        screen_item(_("bundle"), "%s", s->bundles[i]);
        enum err met = brought_read(s->bundles[i], &seal, &why);
        if (met == E_OK)
            met = compare(r, s, about, &seal, &why);
        seal_free(&seal);
        e = settle(r, s, about, met, &why, &again, d);
    }
    return e;
}

static enum err take_typed(struct room *r, const struct script_step *s, const char *path, size_t number, bool *read, struct diag *d)
{
    char about[32];
    struct seal seal;
    struct diag why = {0};
    bool again = true;
    snprintf(about, sizeof about, "bundle %zu", number);
    enum err met = brought_read(path, &seal, &why), e = E_OK;
    *read = met == E_OK;
    if (!*read) /* without what was typed: it may have been meant for another question, and this stands in the transcript */
        printf("%s: %s\n", err_name(met), _(err_sentence(met)));
    while (e == E_OK && *read && again) {
        why = (struct diag){0};
        met = compare(r, s, about, &seal, &why);
        e = settle(r, s, about, met, &why, &again, d);
    }
    seal_free(&seal);
    return e;
}

enum err step_chain_bundles(struct room *r, const struct script_step *s, struct diag *d)
{
    struct past past;
    char path[PATH_MAX];
    enum err e = past_read(r->state_fd, r->script->name, &past, d);
    if (e == E_OK)
        e = past_check_follows(&past, r->script, r->rehearsal, d);
    size_t number = 0;
    for (; number < s->bundles_n && e == E_OK; number++)
        e = take_named(r, s, number, d);
    while (e == E_OK) {
        bool read;
        printf("%s", _("The folder of a bundle that was brought along (empty: no more): "));
        e = people_read(path, sizeof path, d);
        if (e != E_OK || path[0] == '\0')
            break;
        e = take_typed(r, s, path, number + 1, &read, d);
        number += read;
    }
    return e;
}

/* -- the last minutes -- */

struct last {
    int state_fd;
    const struct past *past;
};

/* The code on paper says where the log stood, so it is the last minutes' only between their line and those before. */
static enum err check_head(const struct last *l, const struct minutes_code *c, struct diag *d)
{
    struct log_position at;
    bool found = false;
    if (memcmp(c->log, l->past->id, DIGEST_LEN) != 0)
        return diag_set(d, E_SCRIPT_FOLLOWS, "the code is of another log");
    enum err e = past_position(l->state_fd, c->size, &at, &found, d);
    if (e == E_OK && !found)
        return diag_set(d, E_LOG_ROLLED_BACK, "the code says %" PRIu64 " lines, the log has %" PRIu64, c->size, l->past->size);
    if (e == E_OK && memcmp(at.head, c->digest, DIGEST_LEN) != 0)
        return diag_set(d, E_LOG_ROLLED_BACK, "line %" PRIu64 " of the log is not the one of the code", c->size);
    if (e == E_OK && (c->size <= l->past->earlier_size || c->size >= l->past->minutes_size))
        return diag_set(d, E_SCRIPT_FOLLOWS, "the code is of other minutes than the last");
    return e;
}

static enum err take_code(void *arg, const char *line, bool *is_code, struct diag *d)
{
    const struct last *l = arg;
    struct minutes_code c;
    *is_code = minutes_code_parse(line, &c);
    if (!*is_code && minutes_code_begins(line))
        printf("%s", _("The code is not whole. "));
    if (!*is_code)
        return E_OK;
    const uint8_t *ours = c.kind == MINUTES_CODE_MINUTES ? l->past->minutes_digest : l->past->transcript;
    enum err e = c.kind == MINUTES_CODE_HEAD ? check_head(l, &c, d) : E_OK;
    if (c.kind != MINUTES_CODE_HEAD && memcmp(c.digest, ours, DIGEST_LEN) != 0)
        e = diag_set(d, E_SCRIPT_FOLLOWS, "the code is of other minutes than the last");
    if (e == E_OK)
        printf("%s", _("The code is that of the last minutes.\n"));
    return e;
}

/* Somebody reads the last minutes' words, or a scanner one of their codes. */
static enum err compare_minutes(struct room *r, const struct past *past, struct diag *d)
{
    struct last last = {r->state_fd, past};
    screen_item(_("minutes"), _("of the ceremony %s"), past->ceremony);
    return people_words_or_code(past->minutes_digest, N_("last minutes"), take_code, &last, d);
}

/* The file on paper, the log and the token agree already (room_open_token()). */
enum err step_chain(struct room *r, const struct script_step *s, struct diag *d)
{
    struct past past;
    (void)s;
    enum err e = past_read(r->state_fd, r->script->name, &past, d);
    if (e == E_OK)
        e = past_check_follows(&past, r->script, r->rehearsal, d);
    if (e != E_OK)
        return e;
    screen_item(_("log"), _("%llu lines, as the token says"), (unsigned long long)past.size);
    return compare_minutes(r, &past, d);
}

enum err step_chain_paper(struct room *r, const struct script_step *s, struct diag *d)
{
    struct past past = {0};
    enum err e = step_chain_bundles(r, s, d);
    if (e == E_OK)
        e = past_read(r->state_fd, r->script->name, &past, d);
    return e == E_OK && past.minutes ? compare_minutes(r, &past, d) : e;
}
