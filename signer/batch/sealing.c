#include "batch/sealing.h"

#include "batch/own_key.h"
#include "batch/witness.h"
#include "hsm/sign.h"
#include "log/seal.h"

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

enum err sealing_finish(struct state *s, struct hsm *h, struct diag *d)
{
    struct hsm_key *k = NULL;
    enum err e = own_key_open(s, h, s->policy->log_key.name, &k, d);
    if (e == E_OK)
        e = sealing_run(s, k, d);
    return e == E_OK ? witness_write(s, h, d) : e;
}

/* The log knows the key, and it has not ended. */
static enum err has_log_key(struct state *s, bool *out, struct diag *d)
{
    struct index_key known = {0};
    bool found = false;
    enum err e = index_key(s->index, s->policy->log_key.name, &known, &found, d);
    *out = e == E_OK && found && known.destroyed == 0;
    index_key_free(&known);
    return e;
}

enum err sealing_finish_if_able(struct state *s, struct hsm *h, struct diag *d)
{
    struct diag why = {0};
    bool able = false;
    enum err e = has_log_key(s, &able, d);
    if (e == E_OK && able) {
        e = sealing_finish(s, h, &why);
        if (e == E_OK)
            return E_OK;
        /* what may be transferred is open until it was; under a policy that is wrong of the token nothing signs: the next run tells */
        if (e != E_SELF_TEST && (e != E_KEY_ATTRIBUTES || !s->policy->log_key.transferable))
            return diag_again(d, e, &why);
        e = E_OK;
    }
    return e == E_OK ? witness_write(s, h, d) : e;
}
