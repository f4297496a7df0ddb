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

#endif
