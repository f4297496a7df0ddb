#include <stdio.h>

#include "batch/export.h"
#include "commands.h"

enum err cmd_export(int n, char **operands, struct diag *d)
{
    struct state s;
    uint8_t intake[DIGEST_LEN];
    char name[EXPORT_NAME];
    (void)n;
    (void)operands;
    enum err e = banner_open_state(options.state, STATE_CACHED, &s, d);
    if (e == E_OK)
        e = batch_by_option(&s, intake, d);
    if (e == E_OK)
        e = export_bundle(&s, intake, options.to, name, d);
    if (e == E_OK)
        printf("bundle  %s/%s\n", options.to, name);
    state_close(&s);
    return e;
}
