#include <stdio.h>

#include "batch/export.h"
#include "commands.h"

static enum err refuse(struct state *s, const struct planned *planned, struct diag *d)
{
    char name[EXPORT_NAME];
    enum err e = export_refusal(s, planned, options.to, name, d);
    if (e != E_OK)
        return e;
    printf("refusal %s/%s\n", options.to, name);
    return plan_refusal(planned, d);
}

enum err cmd_run(int n, char **operands, struct diag *d)
{
    struct state s;
    struct planned planned;
    char name[EXPORT_NAME];
    (void)n;
    (void)operands;
    enum err e = banner_open_state(options.state, STATE_FROM_LOG, &s, d);
    if (e == E_OK)
        e = plan_medium(&s, &planned, d);
    if (e == E_OK && planned.refused != E_OK) {
        e = refuse(&s, &planned, d);
    } else if (e == E_OK) {
        plan_print(&planned);
        e = sign_intake(&s, planned.intake.digest, d);
        if (e == E_OK)
            e = export_bundle(&s, planned.intake.digest, options.to, name, d);
        if (e == E_OK)
            printf("bundle  %s/%s\n", options.to, name);
    }
    state_close(&s);
    return e;
}
