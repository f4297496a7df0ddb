/* person.h - a person of the RA signs: with a key in a file, or on a PKCS#11 token of the person's own. Only here does
 * this program load a token's module, in a process that reaches token and terminal and nothing else, and ends with the
 * signature. */
#ifndef ROOTSEAL_RA_PERSON_H
#define ROOTSEAL_RA_PERSON_H

#include "officer/own_token.h"

struct person {
    const struct policy_person *row;
    X509 *cert; /* the pinned one */
    enum cms_form form;
    const char *file; /* encrypted PKCS#8, or NULL: the key is on the token */
    int pass_fd;      /* -1: the passphrase is typed */
    struct own_token token;
};

/* Where the options say that the key is, and in which form it signs: E_USAGE unless it is a file, or a token's URI with
 * its module; E_PASSPHRASE_MISSING or E_PIN_MISSING when the descriptor is not open. Call it before other files are
 * opened, whose descriptors may have that number. */
ERR_MUST_USE enum err person_from_options(struct person *out, struct diag *d);

/* Find the person in the policy, and say all that can be said before one is asked for anything: E_APPROVAL_PERSON;
 * E_APPROVAL_RA unless it is a person of this RA; E_APPROVAL_EXPIRED; E_KEY_TYPE when the form is not one for the key;
 * errors of cert_check_private_key(). X509_free() p->cert, after an error, too. */
ERR_MUST_USE enum err person_find(struct person *p, const char *ra, struct diag *d);

/* Append the person's detached signature over text. E_APPROVAL_PERSON when the file holds another key, E_KEY_MISSING
 * when the key is not on the token; errors of keyfile_open() or of own_token_sign(), and of apart_sign(). The signature
 * is not verified here. */
ERR_MUST_USE enum err person_sign(const struct person *p, struct span text, int64_t now, struct buf *out, struct diag *d);

#endif
