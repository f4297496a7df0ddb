/* ocsp_check.h - is an OCSP response what it should be? Before it is signed: the lint. When it is signed: who did. */
#ifndef ROOTSEAL_PKI_OCSP_CHECK_H
#define ROOTSEAL_PKI_OCSP_CHECK_H

#include "pki/ocsp_view.h"

/* Check a ResponseData that is about to be signed: it says what was asked for, byte for byte of every field; the CertID is
 * that of the issuer's certificate and the responder's name that of the responder's; thisUpdate is not after producedAt, which
 * comes before nextUpdate; a revocation is not after thisUpdate; and the responder's certificate holds the time until
 * nextUpdate (RFC 5019 2.2.2). The first thing wrong is E_LINT with its clause, bytes of another form are E_OCSP_FORMAT. */
ERR_MUST_USE enum err ocsp_lint(struct span tbs, const struct ocsp_status *want, X509 *issuer, X509 *responder,
                                struct diag *d);

/* Verify a response that was read: the certificate in it is signed by the issuer, is for OCSP signing and not to be
 * checked itself (RFC 6960 4.2.2.2), is valid as long as the answer is, and has the key that the response names
 * (E_OCSP_RESPONDER); with it the signature verifies, SM2 under SM2_ID (E_OCSP_SIGNATURE); and the CertID is the issuer's
 * (E_OCSP_RESPONDER). E_CRYPTO, E_NO_MEMORY. Whether it is in force now, and of which serial number, is the caller's to
 * ask. */
ERR_MUST_USE enum err ocsp_verify(const struct ocsp_view *v, X509 *issuer, struct diag *d);

#endif
