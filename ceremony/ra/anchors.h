/* anchors.h - the certificates of the appliance's own keys, as the RA got them from the ceremony:
 * what it trusts. */
#ifndef ROOTSEAL_RA_ANCHORS_H
#define ROOTSEAL_RA_ANCHORS_H

#include <openssl/x509.h>

#include "core/diag.h"
#include "policy/policy.h"

struct anchor {
    const struct policy_key *row;
    X509 *cert;
    EVP_PKEY *key; /* its public key; belongs to cert */
};

/* The folder, and those looked up so far; an anchor's address does not change. */
struct anchors {
    int fd;
    const struct policy *policy;
    struct anchor *v;
    size_t n;
};

/* E_ANCHOR when there is no such folder. End with anchors_close(), on failure too. */
ERR_MUST_USE enum err anchors_open(const char *path, const struct policy *policy,
                                   struct anchors *out, struct diag *d);

/* The certificate of the policy's key with this name, from <name>.pem. E_ANCHOR when the policy has
 * no such key, the file is missing, or it is not the certificate that the policy's row
 * describes. */
ERR_MUST_USE enum err anchors_find(struct anchors *a, const char *name, const struct anchor **out,
                                   struct diag *d);
void anchors_close(struct anchors *a);

#endif
