/* keygen: our own keys, made inside the token. */
#include <stdio.h>

#include "batch/own_key.h"
#include "batch/witness.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "pki/key.h"
#include "room/make_key.h"
#include "room/people.h"
#include "room/steps.h"

static enum err each(struct room *r, const struct script_step *s,
                     enum err (*one)(struct room *r, const struct script_step *s, const char *key, struct diag *d),
                     struct diag *d)
{
    const struct policy_key *row;
    enum err e = E_OK;
    for (size_t i = 0; i < s->keys_n && e == E_OK; i++)
        e = one(r, s, s->keys[i], d);
    for (size_t i = 0; s->keys_n == 0 && e == E_OK && (row = policy_key_at(&policy_table, i)) != NULL; i++)
        e = one(r, s, row->name, d);
    return e;
}

enum err step_check_key(struct room *r, const struct script_step *s, const char *name, struct diag *d)
{
    EVP_PKEY *pkey = NULL;
    struct key key = {0};
    char id[2 * sizeof key.ski + 1];
    enum err e = step_expect(r, s, "algorithm", s->expect.algorithm,
                             alg_sig_name(policy_key_find(&policy_table, name)->alg), d);
    if (e == E_OK)
        e = state_public_key(&r->state, name, &pkey, d);
    if (e == E_OK)
        e = key_from_pkey(pkey, &key, d);
    if (e == E_OK) {
        hex_encode(key.ski, sizeof key.ski, id);
        screen_item(_("key-id"), "%s  %s", id, name);
        e = step_expect(r, s, "key-id", s->expect.key_id, id, d);
    }
    key_free(&key);
    EVP_PKEY_free(pkey);
    return e;
}

/* What has the label is told already: those present say what becomes of it, and confirm that. E_KEY_EXISTS for anything
 * else that is typed. */
static enum err settle_existing(struct room *r, const struct script_step *s, const char *name, struct diag *d)
{
    char line[64];
    struct diag said = {0};
    printf("%s", _("Type \"adopt\" to take it, or \"renew\" to destroy it and make the key anew: "));
    enum err e = people_read(line, sizeof line, &said);
    const bool adopt = strcmp(line, "adopt") == 0, renew = strcmp(line, "renew") == 0;
    if (e == E_OK && !adopt && !renew)
        return E_KEY_EXISTS;
    if (e == E_OK)
        e = people_confirm(r, s, &said);
    if (e == E_OK)
        return make_keys(&r->state, r->hsm, &name, 1, adopt ? MAKE_ADOPT : MAKE_RENEW, d);
    *d = said;
    return e;
}

/* What is said about a label is about this key alone. */
static enum err make_one(struct room *r, const struct script_step *s, const char *name, struct diag *d)
{
    enum err e = make_keys(&r->state, r->hsm, &name, 1, MAKE_STOP, d);
    if (e == E_KEY_EXISTS)
        e = settle_existing(r, s, name, d);
    if (e == E_OK)
        e = state_refresh(&r->state, d);
    if (e == E_OK) /* also one that the log told of before: it is there, and signs */
        e = own_key_test(&r->state, r->hsm, name, d);
    return e;
}

enum err step_keygen(struct room *r, const struct script_step *s, struct diag *d)
{
    enum err e = each(r, s, make_one, d);
    if (e == E_OK)
        e = witness_write(&r->state, r->hsm, d);
    if (e == E_OK)
        e = state_refresh(&r->state, d);
    return e == E_OK ? each(r, s, step_check_key, d) : e;
}
