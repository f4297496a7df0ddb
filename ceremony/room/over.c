#include "room/over.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "batch/sealed.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "room/past.h"
#include "room/record_files.h"

#define LABEL 11 /* columns */

/* Without a folder there is no log. */
static enum err read_past(const char *state, const struct script *s, struct past *out, struct diag *d)
{
    *out = (struct past){0};
    int fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return E_OK;
    enum err e = past_read(fd, s->name, out, d);
    close(fd);
    return e;
}

/* Is this line under a seal by the log key? Where there is none, nothing is. */
static enum err is_sealed(const char *state, uint64_t line, bool *out, struct diag *d)
{
    struct state s;
    struct diag why = {0};
    enum err e = state_open_any(state, &policy_table, STATE_FROM_LOG, &s, d);
    if (e == E_OK) {
        e = sealed_take(&s, &why);
        if (e != E_OK && e != E_KEY_MISSING)
            e = diag_again(d, e, &why);
        else
            e = E_OK;
        *out = e == E_OK && s.told >= line;
    }
    state_close(&s);
    return e;
}

static void show_head(const struct past *past)
{
    char hex[DIGEST_HEX];
    hex_encode(past->head, DIGEST_LEN, hex);
    screen_field(_("lines"), LABEL, "%" PRIu64, past->size);
    screen_field(_("head"), LABEL, "%s", hex);
    screen_words(_("words"), LABEL, past->head);
}

static void show_end(const struct script *s, const struct past *past)
{
    char text[512];
    snprintf(text, sizeof text, _("The ceremony is over. Print %s/%s/%s, for those to sign who sign on paper."), CEREMONIES_DIR, s->name,
             MINUTES_HTML);
    putchar('\n');
    screen_fold(0, 0, text);
    if (past->size > past->seal) {
        printf("%s", _("The log has gone on since.\n"));
        return;
    }
    printf("%s", _("Write beside the minutes where the log ends:\n"));
    show_head(past);
}

enum err over_show_end(const char *state, const struct script *s, struct diag *d)
{
    struct past past;
    enum err e = read_past(state, s, &past, d);
    if (e == E_OK)
        show_end(s, &past);
    return e;
}

enum err over_tell(const char *state, const struct script *s, bool *over, struct diag *d)
{
    struct past past;
    *over = false;
    enum err e = read_past(state, s, &past, d);
    if (e == E_OK && past.begun && (size_t)past.done == s->steps_n && memcmp(past.file, s->digest, DIGEST_LEN) == 0)
        e = is_sealed(state, past.last, over, d);
    if (e == E_OK && *over) {
        printf(_("\nAll steps of it were done before, up to line %" PRIu64 " of the log: nothing is done now.\n"), past.last);
        show_end(s, &past);
    }
    return e;
}
