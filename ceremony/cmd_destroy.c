#include "commands.h"
#include "room/end_key.h"

/* Shown and confirmed before the PIN is asked for. */
static enum err confirm(struct state *s, const struct policy_key *row, struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    enum err e = end_key_prepare(s, row, digest, d);
    return e == E_OK ? confirm_digest(digest, "key", d) : e;
}

enum err cmd_destroy(int n, char **operands, struct diag *d)
{
    struct state s;
    struct hsm *h = NULL;
    (void)n;
    (void)operands;
    const struct policy_key *row = policy_key_find(&policy_table, options.key);
    enum err e = banner_open_state(options.state, STATE_FROM_LOG, &s, d);
    if (e == E_OK && row == NULL)
        e = diag_set(d, E_USAGE, "the policy has no key %s", options.key);
    if (e == E_OK)
        e = confirm(&s, row, d);
    if (e == E_OK)
        e = token_settle(&s, options.key, &h, d);
    if (e == E_OK)
        e = end_key(&s, h, row, d);
    state_close(&s);
    hsm_close(h);
    return e;
}
