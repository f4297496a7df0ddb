/* lint.h - a second look at bytes that are about to be signed, with code that shares nothing with the code that built
 * them: OpenSSL parses, and every part is compared with the policy row.
 */
#ifndef ROOTSEAL_PKI_LINT_H
#define ROOTSEAL_PKI_LINT_H

#include <openssl/x509.h>

#include "core/buf.h"
#include "core/diag.h"
#include "policy/policy.h"

/* Check a TBSCertificate of an end entity against the profile and the key row that would sign it. issuer is the
 * certificate of that key, serial the planned number (empty: any). Proven: DER that OpenSSL writes back
 * byte for byte; version 3; a positive serial of at most 20 bytes; the row's AlgorithmIdentifier; the issuer's name and key identifier; the profile's validity, inside the
 * issuer's; the profile's attributes in its order, string types and lengths; an allowed key; and exactly the extensions
 * the profile makes, with their criticality and content. The first thing wrong is E_LINT, with its clause. */
ERR_MUST_USE enum err lint_end_entity(struct span tbs, struct span serial, const struct policy_profile *profile,
                                      const struct policy_key *row, X509 *issuer, struct diag *d);

/* The same for the self-signed certificate of one of our own keys; ca says whether it signs certificates. */
ERR_MUST_USE enum err lint_self_signed(struct span tbs, const struct policy_key *row, bool ca, EVP_PKEY *key,
                                       struct diag *d);

/* The same for the certificate of one of our own keys that signs OCSP responses for a CA: row says its subject and
 * validity, ca and issuer are the CA's row and certificate, key is the responder's. Exactly these extensions: key
 * identifiers, digitalSignature, OCSPSigning and nocheck (RFC 6960 4.2.2.2, RFC 5019 2.2.2). */
ERR_MUST_USE enum err lint_responder(struct span tbs, const struct policy_key *row, const struct policy_key *ca,
                                     X509 *issuer, EVP_PKEY *key, struct diag *d);

/* The same for the certificate of one of our own keys that is a sub-CA: as lint_responder(), with these extensions: key
 * identifiers, basicConstraints with cA TRUE and pathLenConstraint 0, keyCertSign and cRLSign, and where ca's CRLs say
 * their place, that place. */
ERR_MUST_USE enum err lint_sub_ca(struct span tbs, const struct policy_key *row, const struct policy_key *ca, X509 *issuer,
                                  EVP_PKEY *key, struct diag *d);

/* Whichever of these the policy makes of its key `row`. issuer is the certificate of policy_key_issuer(), NULL when there is
 * no such key. */
ERR_MUST_USE enum err lint_own(struct span tbs, const struct policy *policy, const struct policy_key *row, X509 *issuer,
                               EVP_PKEY *key, struct diag *d);

/* What a CA's certificate by another CA must say that no policy row says. */
struct lint_ca {
    const X509_NAME *subject; /* the same bytes */
    EVP_PKEY *key;
    X509 *inside;             /* another certificate that it must not outlive, nor begin before; NULL: none */
    bool path_zero;           /* pathLenConstraint 0; else none */
};

/* The same for a certificate by our key `ca`, whose certificate is issuer, for another CA: a sub-CA elsewhere, or one of our
 * roots. Its validity lies inside the issuer's; its subject has plain characters in UTF8String or PrintableString; the
 * extensions are those of lint_sub_ca(), with or without pathLenConstraint. */
ERR_MUST_USE enum err lint_ca(struct span tbs, const struct policy_key *ca, X509 *issuer, const struct lint_ca *what,
                              struct diag *d);

#endif
