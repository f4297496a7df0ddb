#include "batch/sealing.h"

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
