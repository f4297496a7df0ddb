/* The steps that tell what is on the token, take a key to a second one, and end a key. */
#include "batch/witness.h"
#include "hsm/login.h"
#include "room/end_key.h"
#include "room/inventory.h"
#include "room/known_token.h"
#include "room/move_key.h"
#include "room/steps.h"

enum err step_keys(struct room *r, const struct script_step *s, struct diag *d)
{
    (void)s;
    return inventory_print(&r->state, r->hsm, false, d);
}

static enum err show_doomed(struct room *r, const struct script_step *s, struct diag *d)
{
    uint8_t digest[DIGEST_LEN];
    const struct policy_key *row = policy_key_find(&policy_table, s->keys[0]);
    enum err e = end_key_prepare(&r->state, row, digest, d);
    return e == E_OK ? step_check_key(r, s, row->name, d) : e;
}

/* The key is shown, and is the expected one, before anybody puts initials to its end. */
enum err step_destroy_show(struct room *r, const struct script_step *s, struct diag *d)
{
    return step_with_state(r, s, show_doomed, d);
}

enum err step_destroy(struct room *r, const struct script_step *s, struct diag *d)
{
    return end_key(&r->state, r->hsm, policy_key_find(&policy_table, s->keys[0]), d);
}

/* To the token with the serial number that is expected; without one the key is only closed. */
enum err step_transfer(struct room *r, const struct script_step *s, struct diag *d)
{
    struct hsm *second = NULL;
    const struct policy_key *row = policy_key_find(&policy_table, s->keys[0]);
    enum err e = move_check(row, d); /* before anybody looks for a token */
    if (e == E_OK)
        e = step_check_key(r, s, row->name, d);
    if (e == E_OK && s->expect.token != NULL)
        e = known_token_second(r->hsm, s->expect.token, &second, d);
    if (e == E_OK && second != NULL)
        e = step_expect(r, s, "token", s->expect.token, hsm_identity(second)->serial, d);
    if (e == E_OK && second != NULL)
        e = login_run(second, r->pin_fd, r->pin_parts, d);
    if (e == E_OK)
        e = move_key(&r->state, r->hsm, second, row, d);
    if (e == E_OK)
        e = witness_write(&r->state, r->hsm, d);
    hsm_close(second);
    return e == E_OK ? state_refresh(&r->state, d) : e;
}
