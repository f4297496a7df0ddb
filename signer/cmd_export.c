#include "commands.h"
#include "core/screen.h"
#include "steps.h"

enum err cmd_export(int n, char **operands, struct diag *d)
{
    const struct step_place place = options_place();
    char name[EXPORT_NAME];
    (void)n;
    (void)operands;
    enum err e = banner_print(&policy_table, d);
    if (e == E_OK)
        e = export_check(options.to, d);
    if (e == E_OK)
        e = step_export(&place, NULL, name, d);
    if (e == E_OK)
        screen_field(_("bundle"), 8, "%s/%s", options.to, name);
    return e;
}
