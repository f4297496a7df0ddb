#include <stdio.h>

#include "commands.h"
#include "steps.h"

enum err cmd_export(int n, char **operands, struct diag *d)
{
    char name[EXPORT_NAME];
    (void)n;
    (void)operands;
    enum err e = banner_print(&policy_table, d);
    if (e == E_OK)
        e = export_check(options.to, d);
    if (e == E_OK)
        e = step_export(NULL, name, d);
    if (e == E_OK)
        printf("bundle  %s/%s\n", options.to, name);
    return e;
}
