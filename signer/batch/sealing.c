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
