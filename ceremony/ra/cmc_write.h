/* cmc_write.h - Full PKI Responses of CMC (RFC 5272 3.2.2, 4.2): what became of each body part, signed by the RA. */
#ifndef ROOTSEAL_RA_CMC_WRITE_H
#define ROOTSEAL_RA_CMC_WRITE_H

#include "ra/cmc.h"
#include "ra/cmc_status.h"

#define CMC_NONCE 16 /* bytes in a senderNonce that is made here */

struct cmc_response {
    const struct cmc *request;
    struct cmc_status *statuses;       /* of request->parts, in their order */
    int64_t pending_until;             /* pendTime of those that are pending: when to ask again at the latest */
    uint8_t nonce[CMC_NONCE];          /* senderNonce, fresh; written when the request has one */
    struct span *certificates;         /* whole, in any order and perhaps twice */
    size_t certificates_n;
    struct buf issuers;                /* those of the issuers, when cmc_answer() filled it */
};

/* Append the PKIResponse: a CMCStatusInfoV2 for each body part, then transactionId and recipientNonce as the request has
 * them, and senderNonce. The pendToken is the request's digest. */
ERR_MUST_USE enum err cmc_write_content(const struct cmc_response *r, struct buf *out);

/* Append the whole: a SignedData over it, with the certificates and the signer's in its bag. cert and key belong together,
 * RSA or SM2; E_PRIVATE_KEY otherwise. */
ERR_MUST_USE enum err cmc_write(const struct cmc_response *r, X509 *cert, EVP_PKEY *key, int64_t signing_time, struct buf *out,
                                struct diag *d);

#endif
