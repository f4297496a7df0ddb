#include <stdio.h>

#include "commands.h"
#include "core/file.h"
#include "core/screen.h"
#include "room/walk.h"

#define LABEL 11 /* columns */

static void show(const struct script *s)
{
    char hex[DIGEST_HEX];
    hex_encode(s->digest, DIGEST_LEN, hex);
    screen_field(_("ceremony"), LABEL, "%s", s->name);
    screen_field(_("steps"), LABEL, "%zu", s->steps_n);
    screen_field(_("file"), LABEL, "%s", hex);
    screen_words(_("words"), LABEL, s->digest);
}

enum err cmd_run(int n, char **operands, struct diag *d)
{
    const struct room_place place = {.state = options.state, .module = options.module, .module_files = options.module_files,
                                     .pin_fd = options.pin_fd,
                                     .pin_parts = options.pin_parts};
    struct buf text = {0};
    struct script script = {0};
    if (n != 1)
        return diag_set(d, E_USAGE, "one ceremony file is needed");
    enum err e = banner_print(&policy_table, d);
    if (e == E_OK)
        e = file_read_path(operands[0], SCRIPT_BYTES, E_SCRIPT, &text, d);
    if (e == E_OK)
        e = script_parse(operands[0], buf_span(&text), &policy_table, &script, d);
    if (e == E_OK) {
        show(&script);
        e = walk_run(&place, &script, d);
    }
    script_free(&script);
    buf_free(&text);
    return e;
}
