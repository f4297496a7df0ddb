#include "batch/witness.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "room/steps.h"

static void show(const struct state *s)
{
    char hex[DIGEST_HEX];
    hex_encode(s->log_id, DIGEST_LEN, hex);
    screen_item(_("token"), "%s", s->token_serial);
    screen_item(_("log"), "%s", hex);
    screen_item_words(_("words"), s->log_id);
}

enum err step_init(struct room *r, const struct script_step *s, struct diag *d)
{
    enum err e = step_expect(r, s, "token", s->expect.token, hsm_identity(r->hsm)->serial, d);
    if (e == E_OK && !r->has_state) {
        e = witness_check_unused(r->hsm, d);
        if (e == E_OK)
            e = state_create(r->path, &policy_table, hsm_identity(r->hsm), &r->state, d);
        r->has_state = e == E_OK;
    }
    if (e == E_OK)
        e = witness_write(&r->state, r->hsm, d);
    if (e == E_OK)
        show(&r->state);
    return e;
}
