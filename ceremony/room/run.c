#include "room/run.h"

#include "core/file.h"
#include "core/i18n.h"
#include "core/screen.h"
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
    script_free(&script);
    buf_free(&text);
    return e;
}
