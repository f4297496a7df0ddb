/* csr.h - PKCS#10 certificate requests (RFC 2986), read strictly. */
#ifndef ROOTSEAL_PKI_CSR_H
#define ROOTSEAL_PKI_CSR_H

#include <openssl/x509.h>

#include "pki/key.h"

struct csr {
    X509_NAME *subject;
    struct key key;             /* the subject's key, in standard form */
    enum sig_alg alg;           /* the algorithm of the proof of possession */
    STACK_OF(X509_EXTENSION) *extensions; /* what it asks for; NULL when nothing */
};

/* Read one request from DER, at most LIMIT_CSR_BYTES long. Proven: it is DER, and OpenSSL writes its subject
 * back byte for byte (E_CSR_FORMAT); nothing follows it (E_CSR_TRAILING); version 0 (E_CSR_VERSION); the signature AlgorithmIdentifier is exactly a known one and fits the
 * key (E_CSR_ALGORITHM); the key as key_from_spki() says; proof of possession, SM2 under SM2_ID (E_CSR_SIGNATURE). At
 * most one extensionRequest attribute, no extension twice, none undecodable (E_CSR_EXTENSION); basicConstraints with
 * CA:TRUE is E_CSR_ASKS_CA. Strength is not checked here. Free with csr_free(). */
ERR_MUST_USE enum err csr_parse(struct span der, struct csr *out, struct diag *d);

/* The same for the request of a CA, which may ask to be one. */
ERR_MUST_USE enum err csr_parse_ca(struct span der, struct csr *out, struct diag *d);

/* The subject name; owned by csr. */
const X509_NAME *csr_subject(const struct csr *csr);

void csr_free(struct csr *csr);

#endif
