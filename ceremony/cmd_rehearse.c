#include <limits.h>
#include <stdio.h>

#include "commands.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "rehearsal.h"
#include "room/run.h"

enum err cmd_rehearse(int n, char **operands, struct diag *d)
{
    char state[PATH_MAX], text[PATH_MAX + 256];
    struct room_place place;
    if (n != 1)
        return diag_set(d, E_USAGE, "one ceremony file is needed");
    if (snprintf(state, sizeof state, "%s/state", options.dir) >= PATH_MAX)
        return diag_set(d, E_USAGE, "--dir is too long");
    enum err e = room_place_from_options(state, &place, d);
    place.plug = rehearsal_plug;
    if (e == E_OK)
        e = banner_print(&policy_table, d);
    if (e == E_OK)
        e = rehearsal_begin(d);
    if (e != E_OK)
        return e;
    snprintf(text, sizeof text, _("This is a rehearsal: its token lies in %s and its PIN is %s. Nothing of it is real."), options.dir,
             REHEARSAL_PIN);
    screen_fold(0, 0, text);
    return room_run(operands[0], &place, d);
}
