/* own_token.h - a key on a PKCS#11 token of a person's own signs: an officer's, or an RA's person's. */
#ifndef ROOTSEAL_CEREMONY_OWN_TOKEN_H
#define ROOTSEAL_CEREMONY_OWN_TOKEN_H

#include <openssl/x509.h>

#include "pki/cms.h"
#include "policy/policy.h"

/* The texts are kept by reference. */
struct own_token {
    const char *program;      /* that speaks of it */
    const char *uri;          /* label, model, serial; the slot has no part in it */
    const char *module;
    const char *module_files; /* as of reach_shut_in(); may be NULL */
    enum policy_vendor vendor; /* how the token signs SM2 */
    int pin_fd;               /* -1: the PIN is typed, or the token has a pad */
};

/* Shut this process in, log in, and append the detached signature over text, in this form, by the key of the
 * certificate, which is found by its public key, whatever it is called there; whose is the person's id. E_KEY_MISSING
 * when it is not on the token; errors of reach_shut_in(), hsm_open(), login_run(), hsm_key_find_public(), hsm_sign()
 * and cms_sign_with(). To be called in apart_sign(): a token that does not answer ends the step. */
ERR_MUST_USE enum err own_token_sign(const struct own_token *t, const char *whose, X509 *cert, enum cms_form form, struct span text,
                                     int64_t now, struct buf *out, struct diag *d);

#endif
