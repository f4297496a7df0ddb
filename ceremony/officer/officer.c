#include "officer/officer.h"

#include <fcntl.h>

#include "core/filter.h"
#include "core/sandbox.h"
#include "officer/apart.h"
#include "officer/own_token.h"
#include "pki/cert.h"
#include "pki/cms.h"
#include "pki/keyfile.h"

/* What is signed, by whom, with what. */
struct asked {
    const struct officer_key *key;
    const struct policy_officer *officer;
    struct span text;
    int64_t now;
};

static enum err shut_in_with_file(const char *file, struct diag *d)
{
    struct sandbox *box;
    enum err e = sandbox_new(&box, d);
    if (e == E_OK)
        e = sandbox_allow(box, file, false, d);
    if (e == E_OK)
        e = sandbox_allow(box, "/dev/tty", true, d);
    if (e == E_OK)
        e = sandbox_enter(box, d);
    sandbox_free(box);
    return e == E_OK ? filter_module(false, d) : e;
}

static enum err sign_with_file(const struct asked *q, X509 *cert, struct buf *out, struct diag *d)
{
    EVP_PKEY *key = NULL;
    enum err e = shut_in_with_file(q->key->file, d);
    if (e == E_OK)
        e = keyfile_open(q->key->file, q->key->pass_fd, q->officer->id, &key, d);
    if (e == E_OK && EVP_PKEY_eq(X509_get0_pubkey(cert), key) != 1)
        e = diag_set(d, E_OFFICER, "the key is not that of %s", q->officer->id);
    if (e == E_OK)
        e = cms_sign(cert, key, q->text, q->now, out, d);
    EVP_PKEY_free(key);
    return e;
}

static enum err sign_on_token(const struct asked *q, X509 *cert, struct buf *out, struct diag *d)
{
    const struct own_token token = {.program = "ceremony",
                                    .uri = q->key->token,
                                    .module = q->key->module,
                                    .module_files = q->key->module_files,
                                    .vendor = q->key->vendor,
                                    .pin_fd = q->key->pin_fd};
    enum err e = own_token_sign(&token, q->officer->id, cert, CMS_RFC5652, q->text, q->now, out, d);
    if (e == E_TOKEN_MISSING)
        diag_advise(d, "plug in the officer's own token");
    if (e == E_KEY_MISSING)
        diag_advise(d, "plug in the token that holds the officer's key");
    return e;
}

static enum err sign_apart(const void *arg, struct buf *out, struct diag *d)
{
    const struct asked *q = arg;
    X509 *cert = NULL;
    enum err e = cert_parse(q->officer->certificate, &cert, d);
    if (e == E_OK)
        e = q->key->file != NULL ? sign_with_file(q, cert, out, d) : sign_on_token(q, cert, out, d);
    X509_free(cert);
    return e;
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
    const struct asked q = {key, officer, text, now};
    return apart_sign(&(struct apart){"officer", officer->id, sign_apart, &q, descriptor_of(key)}, out, d);
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
