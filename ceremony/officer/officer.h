/* officer.h - an officer signs: with a key in a file, or on a PKCS#11 token of the officer's own. Each signature is made in a
 * process of its own that reaches the key and the terminal, and nothing else; what comes back is the signature alone. */
#ifndef ROOTSEAL_CEREMONY_OFFICER_H
#define ROOTSEAL_CEREMONY_OFFICER_H

#include "batch/authorise.h"
#include "core/buf.h"
#include "core/diag.h"
#include "policy/policy.h"

/* Where the key is; the texts are kept by reference. */
struct officer_key {
    const char *file;  /* encrypted PKCS#8, or NULL: it is on a token */
    int pass_fd;       /* -1: the passphrase is typed */
    const char *token; /* PKCS#11 URI: label, model, serial; the slot has no part in it */
    const char *module;
    const char *module_files; /* as of reach_shut_in(); may be NULL */
    enum policy_vendor vendor; /* how the token signs SM2 */
    int pin_fd;        /* -1: the PIN is typed, or the token has a pad */
};

/* All that can be said before a person is asked for anything: E_USAGE unless it is a file, or a token with its module;
 * E_PASSPHRASE_MISSING or E_PIN_MISSING when the descriptor is not open; errors of cert_check_private_key(). Call it before
 * other files are opened, whose descriptors may have that number. */
ERR_MUST_USE enum err officer_check_key(const struct officer_key *key, struct diag *d);

/* Append the officer's detached CMS signature over text (cms_sign()). The key must be that of the officer's certificate:
 * E_OFFICER when the file holds another one, E_KEY_MISSING when it is not on the token, whose key is found by the public key
 * of the certificate, whatever it is called there. Errors of keyfile_open(), or of hsm_open(), login_run(),
 * hsm_key_find_public() and hsm_sign(); E_STEP. Call it before the first thread, with no token open in this process. The
 * signature is not verified here: authorise_sign() does that. */
ERR_MUST_USE enum err officer_sign(const struct officer_key *key, const struct policy_officer *officer, struct span text,
                                   int64_t now, struct buf *out, struct diag *d);

/* The same for authorise_sign(); key must live as long. */
struct authorise_hand officer_hand(struct officer_key *key);

#endif
