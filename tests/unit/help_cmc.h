/* help_cmc.h - CMC requests (RFC 5272) made by hand, right and wrong, for the tests of ceremony/ra. Everything here fails
 * the running test when it cannot do its work. */
#ifndef ROOTSEAL_TESTS_HELP_CMC_H
#define ROOTSEAL_TESTS_HELP_CMC_H

#include <openssl/x509.h>

#include "core/buf.h"
#include "pki/alg.h"
#include "ra/cmc_draft.h"

/* The contents of a PKIData's four sequences. Zero-initialise; free with help_cmc_free(). */
struct help_cmc {
    struct buf controls, requests, cms, messages;
};

/* Append a control of this number below id-cmc with one value; a PKCS#10 request; a revokeRequest with this Name, this
 * contents of the serial number's INTEGER, and whole elements behind the reason. */
void help_cmc_control(struct help_cmc *h, uint32_t id, unsigned number, struct span value);
void help_cmc_csr(struct help_cmc *h, uint32_t id, struct span csr);
void help_cmc_revoke(struct help_cmc *h, uint32_t id, struct span issuer, struct span serial, int reason, struct span more);

/* Append the PKIData. */
void help_cmc_data(const struct help_cmc *h, struct buf *out);
void help_cmc_free(struct help_cmc *h);

/* When what is signed from here on says it was; HELP_BUNDLE_NOW until it is changed. 0: an RSA or ECDSA signature does
 * not say. */
extern int64_t help_cmc_signed_at;

/* Append a SignedData over it: by OpenSSL with RSA and ECDSA, by the product with SM2, for OpenSSL leaves out the ID. */
void help_cmc_sign(struct span data, X509 *cert, EVP_PKEY *key, struct buf *out);

/* A right one for help_bundle_policy(), signed by cert: 5 asks for a certificate with csr, 9 to revoke serial 31...07 for
 * keyCompromise, 70000 to suspend 31...08; with transactionId 77 and senderNonce 0102. */
void help_cmc_good(struct span csr, X509 *cert, EVP_PKEY *key, struct buf *out);

/* What is added to it so that each of its requests can be asked for. */
struct cmc_additions help_cmc_additions(int64_t now);

#endif
