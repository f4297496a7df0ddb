#include "batch/own_key.h"

#include "hsm/sign.h"

typedef enum err find_function(struct hsm *h, const struct policy_key *row, EVP_PKEY *pinned, struct hsm_key **out, struct diag *d);

static enum err find_and_test(struct state *s, struct hsm *h, const char *name, find_function *find, struct hsm_key **out, struct diag *d)
{
    EVP_PKEY *pinned = NULL;
    *out = NULL;
    const struct policy_key *row = policy_key_find(s->policy, name);
    if (row == NULL)
        return diag_set(d, E_KEY_MISSING, "the policy has no key %s", name);
    bool ended = false;
    enum err e = state_key_ended(s, name, &ended, d);
    if (e == E_OK && ended)
        e = diag_set(d, E_KEY_DESTROYED, "%s", name);
    if (e == E_OK)
        e = state_public_key(s, name, &pinned, d);
    if (e == E_OK)
        e = find(h, row, pinned, out, d);
    if (e == E_OK)
        e = hsm_self_test(*out, d);
    if (e == E_OK)
        e = log_append(s->log, RECORD_SELF_TEST, json_pack("{s:s}", "key", name), d);
    EVP_PKEY_free(pinned);
    return e;
}

enum err own_key_open(struct state *s, struct hsm *h, const char *name, struct hsm_key **out, struct diag *d)
{
    return find_and_test(s, h, name, hsm_key_find, out, d);
}

enum err own_key_test(struct state *s, struct hsm *h, const char *name, struct diag *d)
{
    struct hsm_key *k;
    return find_and_test(s, h, name, hsm_key_find_open, &k, d);
}
