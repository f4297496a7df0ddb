#include "commands.h"
#include "room/run.h"

enum err cmd_run(int n, char **operands, struct diag *d)
{
    const struct room_place place = {.state = options.state, .module = options.module, .module_files = options.module_files,
                                     .pin_fd = options.pin_fd, .pin_parts = options.pin_parts};
    if (n != 1)
        return diag_set(d, E_USAGE, "one ceremony file is needed");
    enum err e = banner_print(&policy_table, d);
    return e == E_OK ? room_run(operands[0], &place, d) : e;
}
