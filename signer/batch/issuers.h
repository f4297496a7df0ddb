/* issuers.h - the authority's keys that one batch needs, each looked up once.
 *
 * What stands here comes from the policy and from the keys' own anchor lines, not from the token.
 */
#ifndef ROOTSEAL_BATCH_ISSUERS_H
#define ROOTSEAL_BATCH_ISSUERS_H

#include <openssl/x509.h>

#include "core/buf.h"
#include "core/diag.h"
#include "policy/policy.h"

struct hsm_key;
struct state;

struct issuer {
    const struct policy_key *row;
    X509 *cert;            /* from the log; self-signed but for a sub-CA's and an OCSP responder's */
    struct buf subject;    /* its Name in DER: the issuer of what it signs */
    bool destroyed;        /* the log tells of the key's end */
    struct hsm_key *token; /* the session's own; NULL until outcomes_run() opened it */
};

/* In the order in which they were first asked for. Zero-initialise; free with issuers_free(). */
struct issuers {
    struct issuer *v;
    size_t n;
};

/* The issuer with this key name; *out belongs to i and is valid until the next call. E_KEY_MISSING when the policy has
 * no such key, E_ANCHOR when the log has no certificate for it yet. */
ERR_MUST_USE enum err issuers_find(struct issuers *i, struct state *s, const char *key, struct issuer **out,
                                   struct diag *d);
/* Behind them those that certify them (policy_key_issuer()), so that whoever has them all has whole chains. */
ERR_MUST_USE enum err issuers_complete(struct issuers *i, struct state *s, struct diag *d);
void issuers_free(struct issuers *i);

#endif
