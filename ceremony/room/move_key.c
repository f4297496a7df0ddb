#include "room/move_key.h"

#include <stdio.h>

#include "core/i18n.h"
#include "hsm/transfer.h"

static enum err log_transfer(struct state *s, const struct policy_key *row, const struct hsm_identity *to, struct diag *d)
{
    enum err e = log_append(s->log, RECORD_TRANSFERRED,
                            json_pack("{s:s,s:s,s:s}", "key", row->name, "token-model", to->model, "token-serial", to->serial), d);
    if (e == E_OK)
        e = log_sync(s->log, d);
    if (e == E_OK)
        printf(_("copied  %s to token %s, serial %s\n"
                 "        The same key: its signature there verifies with the public key of the log.\n"),
               row->name, to->label, to->serial);
    return e;
}

enum err move_check(const struct policy_key *row, struct diag *d)
{
    return row->transferable ? E_OK : diag_set(d, E_KEY_STAYS, "the policy does not call %s transferable", row->name);
}

enum err move_key(struct state *s, struct hsm *h, struct hsm *second, const struct policy_key *row, struct diag *d)
{
    EVP_PKEY *pinned = NULL;
    bool ended = false;
    enum err e = move_check(row, d);
    if (e == E_OK)
        e = state_key_ended(s, row->name, &ended, d);
    if (e == E_OK && ended)
        e = diag_set(d, E_KEY_DESTROYED, "%s", row->name);
    if (e == E_OK)
        e = state_public_key(s, row->name, &pinned, d);
    if (e == E_OK && second != NULL)
        e = hsm_key_transfer(h, second, row, pinned, d);
    if (e == E_OK && second != NULL)
        e = log_transfer(s, row, hsm_identity(second), d);
    if (e == E_OK)
        e = hsm_key_confine(h, row, pinned, d);
    if (e == E_OK)
        printf(_("closed  %s: it can leave its token no more, which was tried\n"), row->name);
    EVP_PKEY_free(pinned);
    return e;
}
