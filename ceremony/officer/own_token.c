#include "officer/own_token.h"

#include "core/step.h"
#include "hsm/login.h"
#include "hsm/reach.h"
#include "hsm/sign.h"

static enum err sign_by_token(void *arg, struct span message, struct buf *out, struct diag *d)
{
    return hsm_sign(arg, message, out, d);
}

static enum err open_token(const struct own_token *t, struct hsm **out, struct diag *d)
{
    const struct hsm_patience patience = {t->program, policy_table.limits.token_timeout, step_end};
    *out = NULL;
    enum err e = reach_shut_in(-1, t->module, t->module_files, d);
    if (e == E_OK)
        e = hsm_open(t->module, t->uri, t->vendor, &patience, out, d);
    return e;
}

enum err own_token_sign(const struct own_token *t, const char *whose, X509 *cert, enum cms_form form, struct span text,
                        int64_t now, struct buf *out, struct diag *d)
{
    EVP_PKEY *public_key = X509_get0_pubkey(cert);
    const struct policy_key row = {.name = whose,
                                   .uri = t->uri,
                                   .kind = EVP_PKEY_is_a(public_key, "RSA") ? KEY_RSA : KEY_SM2,
                                   .bits = EVP_PKEY_get_bits(public_key),
                                   .alg = cms_alg(public_key)};
    struct hsm *h;
    struct hsm_key *k = NULL;
    enum err e = open_token(t, &h, d);
    if (e == E_OK)
        e = login_run(h, t->pin_fd, 1, d);
    if (e == E_OK)
        e = hsm_key_find_public(h, &row, public_key, &k, d);
    const struct cms_signer signer = {public_key, sign_by_token, k, form};
    if (e == E_OK)
        e = cms_sign_with(cert, &signer, text, now, out, d);
    hsm_close(h);
    return e;
}
