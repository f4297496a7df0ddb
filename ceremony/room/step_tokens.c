/* The steps that tell what is on the token, take a key to a second one, put that into the place of a lost one, and end a key. */
#include <stdio.h>
#include <string.h>

#include "batch/witness.h"
#include "core/i18n.h"
#include "hsm/login.h"
#include "room/end_key.h"
#include "room/inventory.h"
#include "room/known_token.h"
#include "room/move_key.h"
#include "room/people.h"
#include "room/replace_token.h"
#include "room/steps.h"

/* The token is there before the process that looks for it begins. */
static enum err wait_for_token(struct diag *d)
{
    char line[64];
    return people_read(line, sizeof line, d);
}

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

static enum err show_traveller(struct room *r, const struct script_step *s, struct diag *d)
{
    return step_check_key(r, s, s->keys[0], d);
}

/* Before anybody looks for a token. */
enum err step_transfer_show(struct room *r, const struct script_step *s, struct diag *d)
{
    enum err e = step_with_state(r, s, show_traveller, d);
    if (e != E_OK || s->expect.token == NULL)
        return e;
    printf(_("Plug in the token with the serial number %s beside the log's,\nand press Enter: "), s->expect.token);
    return wait_for_token(d);
}

/* To the token with the serial number that is expected; without one the key is only closed. A rehearsal has one more token. */
enum err step_transfer(struct room *r, const struct script_step *s, struct diag *d)
{
    struct hsm *second = NULL;
    const struct policy_key *row = policy_key_find(&policy_table, s->keys[0]);
    enum err e = E_OK;
    if (s->expect.token != NULL)
        e = known_token_second(r->hsm, r->rehearsal ? NULL : s->expect.token, &second, d);
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

static enum err show_head(struct room *r, const struct script_step *s, struct diag *d)
{
    (void)s;
    (void)d;
    memcpy(r->head, log_position(r->state.log)->head, DIGEST_LEN);
    replace_token_show(&r->state);
    return E_OK;
}

/* The lost token can vouch for the log no more: what those present have from elsewhere does, before another one hears of it. */
enum err step_replace_show(struct room *r, const struct script_step *s, struct diag *d)
{
    enum err e = step_with_state(r, s, show_head, d);
    if (e == E_OK)
        e = step_chain_paper(r, s, d);
    if (e == E_OK)
        e = people_words(r->head, N_("log's head"), d);
    if (e != E_OK)
        return e;
    printf(_("Pull the log's token, plug in the one with the serial number %s,\nand press Enter: "), s->expect.token);
    return wait_for_token(d);
}

/* The names with commas between them. */
static enum err join(const char *const *names, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        buf_append_str(out, names[i]);
        buf_append_byte(out, i + 1 < n ? ',' : '\0');
    }
    return buf_err(out);
}

enum err step_replace(struct room *r, const struct script_step *s, struct diag *d)
{
    struct buf without = {0};
    enum err e = step_expect(r, s, "token", s->expect.token, hsm_identity(r->hsm)->serial, d);
    if (e == E_OK && memcmp(log_position(r->state.log)->head, r->head, DIGEST_LEN) != 0)
        e = diag_set(d, E_NOT_CONFIRMED, "the log has another head than the one that was compared");
    if (e == E_OK)
        e = join(s->without, s->without_n, &without);
    if (e == E_OK)
        e = replace_token(&r->state, r->hsm, (const char *)without.data, &r->heard, d);
    if (e == E_OK) {
        r->known = r->state.told;
        r->found = log_position(r->state.log)->size;
    }
    buf_free(&without);
    return e;
}
