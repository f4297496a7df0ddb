#include "batch/witness.h"
#include "commands.h"
#include "room/make_key.h"

enum err cmd_keygen(int n, char **operands, struct diag *d)
{
    struct state s = {.fd = -1, .lock_fd = -1, .archive_fd = -1};
    struct hsm *h = NULL;
    const enum make_way way = options.renew ? MAKE_RENEW : options.adopt ? MAKE_ADOPT : MAKE_STOP;
    (void)n;
    (void)operands;
    if (options.adopt && options.renew)
        return diag_set(d, E_USAGE, "--adopt or --renew, not both");
    if (options.renew && options.key == NULL)
        return diag_set(d, E_USAGE, "--renew wants --key: what is left of one key is destroyed");
    enum err e = token_begin(false, &s, &h, d);
    if (e == E_OK)
        e = make_keys(&s, h, &options.key, options.key != NULL, way, d);
    if (e == E_OK)
        e = witness_write(&s, h, d);
    state_close(&s);
    hsm_close(h);
    return e;
}
