#include "batch/untold.h"
#include "batch/witness.h"
#include "commands.h"

enum err token_settle(struct state *s, const char *ending, struct hsm **out, struct diag *d)
{
    enum err e = token_open(s->fd, s, out, d);
    if (e == E_OK)
        e = witness_check(s, *out, d);
    if (e == E_OK)
        e = untold_check_policy(s, d);
    if (e == E_OK)
        e = untold_check_ends(s, ending, d);
    if (e == E_OK)
        e = untold_check_keys(s, *out, NULL, d);
    return e == E_OK ? untold_settle(s, *out, NULL, d) : e;
}

enum err token_begin(bool quiet, struct state *s, struct hsm **out, struct diag *d)
{
    enum err e = quiet ? state_open(options.state, &policy_table, STATE_FROM_LOG, s, d)
                       : banner_open_state(options.state, STATE_FROM_LOG, s, d);
    return e == E_OK ? token_settle(s, NULL, out, d) : e;
}
