#include "commands.h"
#include "room/run.h"

enum err room_place_from_options(const char *state, struct room_place *out, struct diag *d)
{
    *out = (struct room_place){.state = state,
                               .module = options.module,
                               .module_files = options.module_files,
                               .media = options.media,
                               .pin_fd = options.pin_fd,
                               .pin_parts = options.pin_parts,
                               .utf8 = options.utf8,
                               .officer = {.module = options.officer_module,
                                           .module_files = options.officer_module_files,
                                           .pass_fd = options.pass_fd,
                                           .pin_fd = options.officer_pin_fd}};
    return officer_vendor(&out->officer.vendor, d);
}

enum err cmd_run(int n, char **operands, struct diag *d)
{
    struct room_place place;
    if (n != 1)
        return diag_set(d, E_USAGE, "one ceremony file is needed");
    enum err e = room_place_from_options(options.state, &place, d);
    if (e == E_OK)
        e = banner_print(&policy_table, d);
    return e == E_OK ? room_run(operands[0], &place, d) : e;
}
