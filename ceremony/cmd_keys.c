#include "commands.h"
#include "room/inventory.h"

enum err cmd_keys(int n, char **operands, struct diag *d)
{
    struct state s;
    struct hsm *h = NULL;
    (void)n;
    (void)operands;
    enum err e = token_begin(options.json, &s, &h, d);
    if (e == E_OK)
        e = inventory_print(&s, h, options.json, d);
    state_close(&s);
    hsm_close(h);
    return e;
}
