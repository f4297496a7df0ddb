#include "ra/person.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <string.h>

#include "commands.h"
#include "core/clock.h"
#include "officer/apart.h"
#include "pki/cert.h"
#include "pki/keyfile.h"

#define SCHEME "pkcs11:"

/* -- before anybody is asked -- */

static bool is_open(int fd)
{
    return fd < 0 || fcntl(fd, F_GETFD) >= 0;
}

static enum err token_from_options(struct person *p, struct diag *d)
{
    if (options.module == NULL)
        return diag_set(d, E_USAGE, "a key on a token goes with --module");
    if (options.pass_fd >= 0)
        return diag_set(d, E_USAGE, "a token has a PIN, and no passphrase: --pin-fd");
    p->token = (struct own_token){.program = "ra",
                                  .uri = options.key,
                                  .module = options.module,
                                  .module_files = options.module_files,
                                  .vendor = policy_table.vendor,
                                  .pin_fd = options.pin_fd};
    if (options.vendor != NULL && !policy_vendor_by_name(options.vendor, &p->token.vendor))
        return diag_set(d, E_USAGE, "--vendor: the table has no %s", options.vendor);
    return is_open(options.pin_fd) ? E_OK : diag_set(d, E_PIN_MISSING, "file descriptor %d is not open", options.pin_fd);
}

static enum err file_from_options(struct person *p, struct diag *d)
{
    if (options.module != NULL || options.module_files != NULL || options.vendor != NULL || options.pin_fd >= 0)
        return diag_set(d, E_USAGE, "--module, --module-files, --vendor and --pin-fd are for a key on a token");
    p->file = options.key;
    p->pass_fd = options.pass_fd;
    return is_open(options.pass_fd) ? E_OK
                                    : diag_set(d, E_PASSPHRASE_MISSING, "file descriptor %d is not open", options.pass_fd);
}

enum err person_from_options(struct person *out, struct diag *d)
{
    *out = (struct person){.form = CMS_RFC5652};
    if (options.form != NULL && !cms_form_by_name(options.form, &out->form))
        return diag_set(d, E_USAGE, "--form: %s is neither cms nor gmt0010", options.form);
    return strncmp(options.key, SCHEME, strlen(SCHEME)) == 0 ? token_from_options(out, d) : file_from_options(out, d);
}

enum err person_find(struct person *p, const char *ra, struct diag *d)
{
    p->row = policy_person_find(&policy_table, options.person);
    if (p->row == NULL)
        return diag_set(d, E_APPROVAL_PERSON, "the policy has no person %s", options.person);
    if (strcmp(p->row->ra, ra) != 0)
        return diag_set(d, E_APPROVAL_RA, "%s is of %s, the batch of %s", options.person, p->row->ra, ra);
    enum err e = cert_parse(p->row->certificate, &p->cert, d);
    if (e == E_OK)
        e = cert_check_time(p->cert, clock_now(), d);
    if (e == E_OK && p->form == CMS_GMT0010 && cms_alg(X509_get0_pubkey(p->cert)) != SIG_SM2_SM3) {
        e = diag_set(d, E_KEY_TYPE, "the form of GM/T 0010 is for SM2 keys");
        diag_advise(d, "approve without --form");
    }
    return e == E_OK && p->file != NULL ? cert_check_private_key(p->file, d) : e;
}

/* -- signing -- */

static enum err sign_with_file(const struct person *p, struct span text, int64_t now, struct buf *out, struct diag *d)
{
    EVP_PKEY *key = NULL;
    enum err e = keyfile_open(p->file, p->pass_fd, p->row->id, &key, d);
    if (e == E_OK && X509_check_private_key(p->cert, key) != 1) {
        ERR_clear_error();
        e = diag_set(d, E_APPROVAL_PERSON, "%s is not the key of %s's pinned certificate", p->file, p->row->id);
        diag_advise(d, "name the key file that belongs to this person's certificate");
    }
    const struct cms_signer signer = cms_signer_in_memory(key, p->form);
    if (e == E_OK)
        e = cms_sign_with(p->cert, &signer, text, now, out, d);
    EVP_PKEY_free(key);
    return e;
}

struct asked {
    const struct person *person;
    struct span text;
    int64_t now;
};

static enum err sign_apart(const void *arg, struct buf *out, struct diag *d)
{
    const struct asked *q = arg;
    const struct person *p = q->person;
    enum err e = own_token_sign(&p->token, p->row->id, p->cert, p->form, q->text, q->now, out, d);
    if (e == E_URI)
        diag_advise(d, "correct the URI given with --key");
    if (e == E_TOKEN_MISSING)
        diag_advise(d, "plug in the person's own token");
    if (e == E_KEY_MISSING)
        diag_advise(d, "plug in the token that holds this person's key");
    return e;
}

enum err person_sign(const struct person *p, struct span text, int64_t now, struct buf *out, struct diag *d)
{
    if (p->file != NULL)
        return sign_with_file(p, text, now, out, d);
    const struct asked q = {p, text, now};
    return apart_sign(&(struct apart){"person", p->row->id, sign_apart, &q, p->token.pin_fd}, out, d);
}
