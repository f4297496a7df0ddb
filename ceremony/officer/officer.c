#include "officer/officer.h"

#include <fcntl.h>
#include <string.h>

#include "core/filter.h"
#include "core/sandbox.h"
#include "core/step.h"
#include "hsm/login.h"
#include "hsm/reach.h"
#include "hsm/sign.h"
#include "pki/cert.h"
#include "pki/cms.h"
#include "pki/keyfile.h"

/* What the step is about: a child has it from its parent, and gives back the answer alone. */
static struct {
    const struct officer_key *key;
    const struct policy_officer *officer;
    struct span text;
    int64_t now;
} asked;

struct answer {
    size_t n;
    uint8_t cms[LIMIT_APPROVAL_BYTES];
};

/* -- with a file -- */

static enum err shut_in_with_file(struct diag *d)
{
    struct sandbox *box;
    enum err e = sandbox_new(&box, d);
    if (e == E_OK)
        e = sandbox_allow(box, asked.key->file, false, d);
    if (e == E_OK)
        e = sandbox_allow(box, "/dev/tty", true, d);
    if (e == E_OK)
        e = sandbox_enter(box, d);
    sandbox_free(box);
    return e == E_OK ? filter_module(false, d) : e;
}

static enum err sign_with_file(X509 *cert, struct buf *out, struct diag *d)
{
    EVP_PKEY *key = NULL;
    enum err e = shut_in_with_file(d);
    if (e == E_OK)
        e = keyfile_open(asked.key->file, asked.key->pass_fd, asked.officer->id, &key, d);
    if (e == E_OK && EVP_PKEY_eq(X509_get0_pubkey(cert), key) != 1)
        e = diag_set(d, E_OFFICER, "the key is not that of %s", asked.officer->id);
    if (e == E_OK)
        e = cms_sign(cert, key, asked.text, asked.now, out, d);
    EVP_PKEY_free(key);
    return e;
}

/* -- on a token -- */

static enum err sign_by_token(void *arg, struct span message, struct buf *out, struct diag *d)
{
    return hsm_sign(arg, message, out, d);
}

static enum err open_token(struct hsm **out, struct diag *d)
{
    const struct hsm_patience patience = {"ceremony", policy_table.limits.token_timeout, step_end};
    const struct officer_key *key = asked.key;
    *out = NULL;
    enum err e = reach_shut_in(-1, key->module, key->module_files, d);
    if (e == E_OK)
        e = hsm_open(key->module, key->token, key->vendor, &patience, out, d);
    if (e == E_TOKEN_MISSING)
        diag_advise(d, "plug in the officer's own token");
    return e;
}

static enum err sign_on_token(X509 *cert, struct buf *out, struct diag *d)
{
    EVP_PKEY *public_key = X509_get0_pubkey(cert);
    const struct policy_key row = {.name = asked.officer->id,
                                   .uri = asked.key->token,
                                   .kind = EVP_PKEY_is_a(public_key, "RSA") ? KEY_RSA : KEY_SM2,
                                   .bits = EVP_PKEY_get_bits(public_key),
                                   .alg = cms_alg(public_key)};
    struct hsm *h;
    struct hsm_key *k = NULL;
    enum err e = open_token(&h, d);
    if (e == E_OK)
        e = login_run(h, asked.key->pin_fd, 1, d);
    if (e == E_OK)
        e = hsm_key_find_public(h, &row, public_key, &k, d);
    if (e == E_KEY_MISSING)
        diag_advise(d, "plug in the token that holds the officer's key");
    const struct cms_signer signer = {public_key, sign_by_token, k, CMS_RFC5652};
    if (e == E_OK)
        e = cms_sign_with(cert, &signer, asked.text, asked.now, out, d);
    hsm_close(h);
    return e;
}

/* -- the step -- */

static enum err run(void *data, struct diag *d)
{
    struct answer *a = data;
    X509 *cert = NULL;
    struct buf cms = {0};
    enum err e = cert_parse(asked.officer->certificate, &cert, d);
    if (e == E_OK)
        e = asked.key->file != NULL ? sign_with_file(cert, &cms, d) : sign_on_token(cert, &cms, d);
    if (e == E_OK && cms.len > sizeof a->cms)
        e = diag_set(d, E_MEDIUM_LIMIT, "the signature of %s", asked.officer->id);
    if (e == E_OK) {
        memcpy(a->cms, cms.data, cms.len);
        a->n = cms.len;
    }
    buf_free(&cms);
    X509_free(cert);
    return e;
}

static bool settle(void *data)
{
    return ((const struct answer *)data)->n <= LIMIT_APPROVAL_BYTES;
}

static int descriptor_of(const struct officer_key *key)
{
    return key->file != NULL ? key->pass_fd : key->pin_fd;
}

enum err officer_check_key(const struct officer_key *key, struct diag *d)
{
    const int fd = descriptor_of(key);
    if ((key->file == NULL) == (key->token == NULL))
        return diag_set(d, E_USAGE, "name the officer's key: either its file or its token");
    if ((key->token == NULL) != (key->module == NULL))
        return diag_set(d, E_USAGE, "a token of the officer's own goes with its module");
    if (fd >= 0 && fcntl(fd, F_GETFD) < 0)
        return diag_set(d, key->file != NULL ? E_PASSPHRASE_MISSING : E_PIN_MISSING, "file descriptor %d is not open", fd);
    return key->file != NULL ? cert_check_private_key(key->file, d) : E_OK;
}

enum err officer_sign(const struct officer_key *key, const struct policy_officer *officer, struct span text, int64_t now,
                      struct buf *out, struct diag *d)
{
    static struct answer a;
    const struct step step = {.name = "officer", .run = run, .settle = settle, .keep_fd = descriptor_of(key)};
    a.n = 0;
    asked.key = key;
    asked.officer = officer;
    asked.text = text;
    asked.now = now;
    enum err e = step_run(&step, &a, sizeof a, d);
    if (e == E_OK) {
        buf_append(out, a.cms, a.n);
        e = buf_err(out) == E_OK ? E_OK : diag_set(d, E_NO_MEMORY, "the signature of %s", officer->id);
    }
    return e;
}

static enum err sign_with(void *key, const struct policy_officer *officer, struct span text, int64_t now, struct buf *out,
                          struct diag *d)
{
    return officer_sign(key, officer, text, now, out, d);
}

struct authorise_hand officer_hand(struct officer_key *key)
{
    return (struct authorise_hand){sign_with, key};
}
