#include "room/move_key.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base64.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "hsm/transfer.h"
#include "log/transferred.h"

#define LABEL 8 /* columns */

static enum err log_copy(struct state *s, const struct policy_key *row, const struct hsm_identity *to, const uint8_t challenge[DIGEST_LEN],
                         const struct buf *here, const struct buf *there, struct diag *d)
{
    char hex[DIGEST_HEX];
    char *first = base64_string(here->data, here->len), *second = base64_string(there->data, there->len);
    enum err e = first != NULL && second != NULL ? E_OK : diag_set(d, E_NO_MEMORY, "%s", row->name);
    hex_encode(challenge, DIGEST_LEN, hex);
    if (e == E_OK)
        e = log_append(s->log, RECORD_TRANSFERRED,
                       json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "key", row->name, "token-model", to->model, "token-serial", to->serial,
                                 "challenge", hex, "signature", first, "copy-signature", second), d);
    if (e == E_OK)
        e = log_sync(s->log, d);
    if (e == E_OK) {
        printf(_("copied  %s to token %s, serial %s\n"), row->name, to->label, to->serial);
        screen_field(_("proof"), LABEL, _("both tokens signed the challenge %.16s..., and both signatures verify with the public key of the log"),
                     hex);
    }
    free(first);
    free(second);
    return e;
}

/* Copied, proven and told; what both tokens sign is made for this alone. */
static enum err copy(struct state *s, struct hsm *h, struct hsm *second, const struct policy_key *row, EVP_PKEY *pinned, struct diag *d)
{
    const struct hsm_identity *to = hsm_identity(second);
    uint8_t challenge[DIGEST_LEN];
    struct buf text = {0}, here = {0}, there = {0};
    enum err e = RAND_bytes(challenge, sizeof challenge) == 1 ? E_OK : diag_set(d, E_CRYPTO, "random numbers");
    if (e == E_OK)
        e = transferred_text(challenge, row->name, to->serial, &text);
    if (e == E_OK)
        e = hsm_key_transfer(h, second, row, pinned, buf_span(&text), &here, &there, d);
    if (e == E_OK)
        e = log_copy(s, row, to, challenge, &here, &there, d);
    buf_free(&text);
    buf_free(&here);
    buf_free(&there);
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
        e = copy(s, h, second, row, pinned, d);
    if (e == E_OK)
        e = hsm_key_confine(h, row, pinned, d);
    if (e == E_OK)
        printf(_("closed  %s: it can leave its token no more, which was tried\n"), row->name);
    EVP_PKEY_free(pinned);
    return e;
}
