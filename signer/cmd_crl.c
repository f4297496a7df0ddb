#include <stdio.h>

#include "commands.h"
#include "steps.h"

enum err cmd_crl(int n, char **operands, struct diag *d)
{
    const struct step_place place = options_place();
    struct intake in;
    (void)n;
    (void)operands;
    enum err e = banner_print(&policy_table, d);
    if (e == E_OK)
        e = step_lists(&place, options.delta ? OP_DELTA_CRL : OP_CRL, &in, d);
    return e == E_OK ? plan_and_tell(&in, d) : e;
}
