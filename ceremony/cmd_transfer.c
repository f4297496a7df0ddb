#include "batch/witness.h"
#include "commands.h"
#include "hsm/login.h"
#include "room/known_token.h"
#include "room/move_key.h"

enum err cmd_transfer(int n, char **operands, struct diag *d)
{
    struct state s;
    struct hsm *h = NULL, *second = NULL;
    (void)n;
    (void)operands;
    const struct policy_key *row = policy_key_find(&policy_table, options.key);
    enum err e = banner_open_state(options.state, STATE_FROM_LOG, &s, d);
    if (e == E_OK && row == NULL)
        e = diag_set(d, E_USAGE, "the policy has no key %s", options.key);
    if (e == E_OK) /* before anybody is asked for a PIN */
        e = move_check(row, d);
    if (e == E_OK)
        e = token_settle(&s, NULL, &h, d);
    if (e == E_OK && options.to != NULL)
        e = known_token_second(h, options.to, &second, d);
    if (e == E_OK && second != NULL)
        e = login_run(second, options.to_pin_fd, options.pin_parts, d);
    if (e == E_OK)
        e = move_key(&s, h, second, row, d);
    if (e == E_OK)
        e = witness_write(&s, h, d);
    state_close(&s);
    hsm_close(second);
    hsm_close(h);
    return e;
}
