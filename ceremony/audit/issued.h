/* issued.h - one certificate or electronic seal that was issued: made again from the plan's bytes and the log's signature. */
#ifndef ROOTSEAL_AUDIT_ISSUED_H
#define ROOTSEAL_AUDIT_ISSUED_H

#include <openssl/x509.h>

#include "audit/batches.h"
#include "core/limits.h"

struct keys_entry;

/* All that the check needs, so that it can be made in any thread. */
struct issued {
    struct plan_item item;
    EVP_PKEY *public;            /* of the key that signed, */
    X509 *anchor;                /* and its certificate */
    const struct policy *policy; /* it was planned under; NULL when nothing is known of it */
    char authority[LIMIT_TOKEN_TEXT + 1];
    char digest[DIGEST_HEX];     /* of the whole, as the log has it */
    struct buf signature;
};

/* The item, which is taken over, of this batch and line, signed by this key, which has a certificate. E_NO_MEMORY, and what the
 * signature's text is lacking. Free with issued_free(), on failure too. */
ERR_MUST_USE enum err issued_take(const struct batches_open *b, struct plan_item *item, const struct record *r,
                                  const struct keys_entry *key, struct issued *out, struct diag *d);

/* It has the digest in the log, verifies with its issuer's key, and is what the policy's profile has it be. E_ARCHIVE,
 * E_SIGNATURE_BAD, E_LINT, E_PROFILE, and what the parsers say. */
ERR_MUST_USE enum err issued_check(const struct issued *i, struct diag *d);

/* Are the bytes of this item, planned for an authority, what its profile and key, or its seals, have in the policy? The
 * issuer is the key's certificate. E_PROFILE when there are no such, E_LINT. */
ERR_MUST_USE enum err issued_lint(const struct policy *policy, const char *authority, const struct plan_item *i,
                                  X509 *issuer, struct diag *d);

void issued_free(struct issued *i);

#endif
