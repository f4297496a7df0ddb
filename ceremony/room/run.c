#include "room/run.h"

#include <inttypes.h>
#include <unistd.h>

#include "core/file.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "room/past.h"
#include "room/record_files.h"
#include "room/script_media.h"
#include "room/walk.h"

#define LABEL 11 /* columns */

static size_t sticks(const struct script *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->steps_n; i++)
        n += s->steps[i].kind == STEP_MEDIUM;
    return n;
}

static void show(const struct script *s)
{
    char hex[DIGEST_HEX];
    hex_encode(s->digest, DIGEST_LEN, hex);
    screen_field(_("ceremony"), LABEL, "%s", s->name);
    screen_field(_("steps"), LABEL, "%zu", s->steps_n);
    screen_field(_("media"), LABEL, _("%zu, each plugged in once"), sticks(s));
    screen_field(_("file"), LABEL, "%s", hex);
    screen_words(_("words"), LABEL, s->digest);
}

/* The minutes were made before the last lines of the log, so no document has its end: people write it down. */
static enum err show_end(const char *state, const struct script *s, struct diag *d)
{
    struct past past = {0};
    char hex[DIGEST_HEX];
    int fd = -1;
    enum err e = file_open_dir(state, &fd, d);
    if (e == E_OK)
        e = past_read(fd, s->name, &past, d);
    if (fd >= 0)
        close(fd);
    if (e != E_OK)
        return e;
    hex_encode(past.head, DIGEST_LEN, hex);
    printf(_("\nThe ceremony is over. Print %s/%s/%s,\nfor those to sign who sign on paper, and write beside the minutes where the log ends:\n"),
           CEREMONIES_DIR, s->name, MINUTES_HTML);
    screen_field(_("lines"), LABEL, "%" PRIu64, past.size);
    screen_field(_("head"), LABEL, "%s", hex);
    screen_words(_("words"), LABEL, past.head);
    return E_OK;
}

enum err room_run(const char *path, const struct room_place *place, struct diag *d)
{
    struct buf text = {0};
    struct script script = {0};
    enum err e = file_read_path(path, SCRIPT_BYTES, E_SCRIPT, &text, d);
    if (e == E_OK)
        e = script_parse(path, buf_span(&text), &policy_table, &script, d);
    if (e == E_OK && place->media != NULL)
        e = script_under_media(&script, place->media, d);
    if (e == E_OK) {
        show(&script);
        e = walk_run(place, &script, d);
    }
    if (e == E_OK)
        e = show_end(place->state, &script, d);
    script_free(&script);
    buf_free(&text);
    return e;
}
