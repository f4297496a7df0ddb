/* cmc.h - Full PKI Requests of CMC (RFC 5272 3.2.1), as RAs built on other CAs' products send them: a SignedData that holds
 * a PKIData. */
#ifndef ROOTSEAL_RA_CMC_H
#define ROOTSEAL_RA_CMC_H

#include <openssl/x509.h>

#include "core/diag.h"
#include "core/digest.h"
#include "core/limits.h"
#include "pki/cms.h"

/* A body part that asks for something. Spans point into the request. */
struct cmc_part {
    uint32_t id;         /* bodyPartID, from 1 */
    struct span csr;     /* tcr: the PKCS#10 request, DER; empty in a revokeRequest, */
    struct span issuer;  /* which has the Name, DER, */
    struct span serial;  /* the serial number without the zero in front, */
    int reason;          /* and the CRLReason (RFC 5280 5.3.1) */
};

struct cmc {
    uint8_t digest[DIGEST_LEN]; /* SHA-256 of the file as it came, */
    uint8_t signed_digest[DIGEST_LEN]; /* and of the PKIData alone: the same however it is wrapped */
    bool has_time;              /* it says when it was signed: */
    int64_t time;               /* UTC seconds */
    struct cms *signature;
    struct span content;        /* PKIData */
    struct cmc_part *parts;     /* by ascending id */
    size_t n;
    struct span transaction;    /* transactionId, the whole INTEGER; empty when there is none */
    struct span nonce;          /* senderNonce, the whole OCTET STRING; the same */
};

#define CMC_AHEAD 3600 /* seconds by which the signer's clock may be fast */

/* The numbers of controls below id-cmc (RFC 5272 appendix A). */
enum cmc_control {
    CMC_TRANSACTION_ID = 5,
    CMC_SENDER_NONCE = 6,
    CMC_RECIPIENT_NONCE = 7,
    CMC_REVOKE_REQUEST = 17,
    CMC_STATUS_INFO_V2 = 25
};

/* OBJECT IDENTIFIERs as whole elements: id-cmc without its last byte, which is the control's number; and the types of
 * contents, id-cct-PKIData and id-cct-PKIResponse. */
extern const struct span cmc_id_control, cmc_id_request, cmc_id_response;

/* Read one, DER or PEM, of at most LIMIT_CMC_BYTES and LIMIT_CMC_PARTS body parts, every byte of it in DER. What is taken:
 * PKCS#10 requests (tcr), the controls revokeRequest with issuer, serial number, reason and comment, and once each
 * transactionId and senderNonce, which the response gives back. Everything else might change what is asked for, or who asks,
 * and is refused by its name: E_CMC_UNSUPPORTED; so is a recipientNonce, for no nonce of an earlier response is kept.
 * E_CMC_FORMAT, also for body parts of one number, or number 0; E_NO_REQUESTS when nothing is asked for. The signature is
 * verified by cmc_verify() alone. End with cmc_free(), on failure too. */
ERR_MUST_USE enum err cmc_parse(struct span file, struct cmc *out, struct diag *d);

/* Is it signed by this certificate, which is valid at time now, and was at the time that the signature names, if it names one,
 * which is at most CMC_AHEAD seconds to come? E_CMC_SIGNATURE. */
ERR_MUST_USE enum err cmc_verify(const struct cmc *c, X509 *signer, int64_t now, struct diag *d);

/* The body part of this number among those that ask for something; NULL when there is none. */
struct cmc_part *cmc_find(const struct cmc *c, uint32_t id);

void cmc_free(struct cmc *c);

#endif
