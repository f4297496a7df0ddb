/* crl_lint.h - a second look at a TBSCertList that is about to be signed, and at any CRL that should follow from the log:
 * what pki/crl_view.h reads is compared with what was asked for and with the issuer's certificate.
 */
#ifndef ROOTSEAL_PKI_CRL_LINT_H
#define ROOTSEAL_PKI_CRL_LINT_H

#include "pki/crl_view.h"

/* Read every entry and check (RFC 5280 5, GM/T 0015-2012): the head is as asked, and issuer and key identifier are those
 * of the issuer's certificate byte for byte; the certificate may sign CRLs and was valid at thisUpdate; nextUpdate comes after
 * thisUpdate; no entry was revoked later than thisUpdate; and there are `entries` of them. The first thing wrong is E_LINT with
 * its clause; otherwise errors of crl_view_next(). sha256 becomes the digest of the TBSCertList's bytes: with it the caller knows
 * that what was looked at is what the officers authorised. */
ERR_MUST_USE enum err crl_lint(struct crl_view *v, const struct crl_head *want, uint64_t entries, X509 *issuer,
                               uint8_t sha256[DIGEST_LEN], struct diag *d);

#endif
