#include "room/run.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "room/over.h"
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

/* Nobody types anything for a module that is not there. A name without a folder is looked for by the system. */
static enum err check_module(const char *module, struct diag *d)
{
    if (module == NULL || strchr(module, '/') == NULL || access(module, R_OK) == 0)
        return E_OK;
    return diag_set(d, E_MODULE, "%s: %s", module, strerror(errno));
}

/* From the first step that is not done to the last. */
static enum err go(const struct room_place *place, const struct script *s, struct diag *d)
{
    bool over = false;
    enum err e = over_tell(place->state, s, &over, d);
    if (e != E_OK || over)
        return e;
    e = walk_run(place, s, d);
    return e == E_OK ? over_show_end(place->state, s, d) : e;
}

enum err room_run(const char *path, const struct room_place *place, struct diag *d)
{
    struct buf text = {0};
    struct script script = {0};
    enum err e = check_module(place->module, d);
    if (e == E_OK)
        e = check_module(place->officer.module, d);
    if (e == E_OK)
        e = file_read_path(path, SCRIPT_BYTES, E_SCRIPT, &text, d);
    if (e == E_OK)
        e = script_parse(path, buf_span(&text), &policy_table, &script, d);
    if (e == E_OK && place->media != NULL)
        e = script_under_media(&script, place->media, d);
    if (e == E_OK) {
        show(&script);
        e = go(place, &script, d);
    }
    script_free(&script);
    buf_free(&text);
    return e;
}
