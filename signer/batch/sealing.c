#include "batch/sealing.h"

#include "hsm/sign.h"
#include "log/seal.h"

enum err sealing_find_key(struct state *s, struct hsm *h, const char *name, struct hsm_key **out, struct diag *d)
{
    EVP_PKEY *pinned = NULL;
    *out = NULL;
    const struct policy_key *row = policy_key_find(s->policy, name);
    if (row == NULL)
        return diag_set(d, E_KEY_MISSING, "the policy has no key %s", name);
    enum err e = state_public_key(s, name, &pinned, d);
    if (e == E_OK)
        e = hsm_key_find(h, row, pinned, out, d);
    EVP_PKEY_free(pinned);
    return e;
}

enum err sealing_run(struct state *s, struct hsm_key *log_key, struct diag *d)
{
    struct seal seal = {0};
    struct buf text = {0};
    enum err e = seal_of(log_position(s->log), s->policy->log_key.name, &seal);
    if (e == E_OK)
        e = seal_text(&seal, &text);
    if (e == E_OK)
        e = hsm_sign(log_key, buf_span(&text), &seal.signature, d);
    if (e == E_OK)
        e = log_append(s->log, RECORD_SEAL, seal_fields(&seal), d);
    if (e == E_OK)
        e = log_sync(s->log, d);
    buf_free(&text);
    seal_free(&seal);
    return e;
}
