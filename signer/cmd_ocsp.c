#include <stdio.h>

#include "commands.h"
#include "steps.h"

enum err cmd_ocsp(int n, char **operands, struct diag *d)
{
    const struct step_place place = options_place();
    struct intake in;
    (void)n;
    (void)operands;
    enum err e = banner_print(&policy_table, d);
    if (e == E_OK)
        e = step_lists(&place, OP_OCSP, &in, d);
    return e == E_OK ? plan_and_tell(&in, d) : e;
}
