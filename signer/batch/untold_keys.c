/* Keys and certificates that the token was not told of: whoever can write to the state could have written those lines. */
#include "batch/own_key.h"
#include "batch/untold.h"
#include "core/text.h"
#include "pki/cert.h"

struct walk {
    struct state *state;
    struct hsm *hsm;
    const char *without;
};

static enum err check_key(const struct walk *w, const char *name, struct diag *d)
{
    bool ended = false;
    enum err e = state_key_ended(w->state, name, &ended, d);
    return e == E_OK && !ended && !text_lists(w->without, name) ? own_key_test(w->state, w->hsm, name, d) : e;
}

/* The certificate of an anchor or cross line is by this key. */
static enum err check_certificate(const struct walk *w, const struct record *r, const char *signer, struct diag *d)
{
    struct buf der = {0};
    X509 *x = NULL;
    EVP_PKEY *key = NULL;
    enum err e = json_get_base64(r->obj, "certificate", &der, signer, d);
    if (e == E_OK)
        e = cert_parse(buf_span(&der), &x, d);
    if (e == E_OK)
        e = state_public_key(w->state, signer, &key, d);
    if (e == E_OK)
        e = cert_verify(x, key, d);
    EVP_PKEY_free(key);
    X509_free(x);
    buf_free(&der);
    return e;
}

static enum err take(void *arg, const struct record *r, struct diag *d)
{
    const struct walk *w = arg;
    const char *name = record_text(r, "key");
    const struct policy_key *row = policy_key_find(w->state->policy, name);
    const struct policy_key *ca = row != NULL ? policy_key_issuer(w->state->policy, row) : NULL;
    switch (r->type) {
    case RECORD_KEYGEN:
        return check_key(w, name, d);
    case RECORD_ANCHOR:
        return check_certificate(w, r, ca != NULL ? ca->name : name, d);
    case RECORD_CROSS:
        return check_certificate(w, r, name, d);
    default:
        return E_OK;
    }
}

enum err untold_check_keys(struct state *s, struct hsm *h, const char *without, struct diag *d)
{
    struct walk w = {s, h, without};
    return log_each(s->fd, &s->heard, take, &w, d);
}
