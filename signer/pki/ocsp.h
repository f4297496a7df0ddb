/* ocsp.h - OCSP responses made in advance (RFC 6960 in the profile of RFC 5019): one certificate each, without a nonce,
 * signed by a delegated responder, and named so that any web server hands out the right one.
 *
 * The steps are those of a certificate: the to-be-signed bytes without a key, the signature, the whole. What is made here
 * is read back by pki/ocsp_view.h, which shares no code with it.
 */
#ifndef ROOTSEAL_PKI_OCSP_H
#define ROOTSEAL_PKI_OCSP_H

#include <openssl/x509.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/diag.h"
#include "pki/alg.h"

#define OCSP_HASH 20       /* bytes of SHA-1, with which the clients of RFC 5019 2.1.1 ask */
#define OCSP_SERIAL_MAX 20
#define OCSP_PATH_MAX 160  /* with the NUL */

/* Which certificate: the CertID of RFC 6960 4.1.1. */
struct ocsp_id {
    uint8_t name_hash[OCSP_HASH];    /* of the issuer's DER Name */
    uint8_t key_hash[OCSP_HASH];     /* of the issuer's public key: the BIT STRING's octets */
    uint8_t serial[OCSP_SERIAL_MAX]; /* big-endian, without leading zeros */
    size_t serial_n;
};

/* What is said of it. A certificate on hold is revoked with the reason 6 (certificateHold). */
struct ocsp_status {
    struct ocsp_id id;
    uint8_t responder[OCSP_HASH];                  /* SHA-1 of the responder's public key (byKey) */
    int64_t produced_at, this_update, next_update; /* UTC seconds */
    bool revoked;
    int64_t revoked_at;
    int reason;                                    /* CRLReason; 0 is left out */
};

/* The hashes of an issuer; the serial number is left to the caller. E_CRYPTO, E_NO_MEMORY. */
ERR_MUST_USE enum err ocsp_id_of(X509 *issuer, struct ocsp_id *out);

/* The name of a responder. E_CRYPTO, E_NO_MEMORY. */
ERR_MUST_USE enum err ocsp_responder_of(X509 *responder, uint8_t out[OCSP_HASH]);

/* Append the DER ResponseData (RFC 6960 4.2.1). E_FIELD_VALUE for a serial number or reason that none can have. */
ERR_MUST_USE enum err ocsp_write_tbs(const struct ocsp_status *s, struct buf *out, struct diag *d);

/* Append the OCSPResponse: successful, id-pkix-ocsp-basic, with the responder's DER certificate. */
ERR_MUST_USE enum err ocsp_assemble(struct span tbs, enum sig_alg alg, bool sm2_null, struct span signature,
                                    struct span responder, struct buf *out);

/* Append the DER OCSPRequest that a client of RFC 5019 2.1.1 asks with: this CertID alone, no nonce, no signature. */
ERR_MUST_USE enum err ocsp_request(const struct ocsp_id *id, struct buf *out);

/* Where the response lies below the responder's URL: the base64 of the request (RFC 5019 5; RFC 6960 A.1), whose slashes
 * are folders on a disk: a slash after a slash is none, and after one at the end comes "index". That is how a web server
 * looks for the decoded path of the GET, whether the client escaped its slashes or not. */
ERR_MUST_USE enum err ocsp_path(const struct ocsp_id *id, char out[OCSP_PATH_MAX]);

#endif
