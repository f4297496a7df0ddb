/* show.h - what a TBSCertificate says, for people: rebuilt from the bytes, whole, in characters that cannot deceive a
 * screen. */
#ifndef ROOTSEAL_PKI_SHOW_H
#define ROOTSEAL_PKI_SHOW_H

#include <openssl/x509.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/diag.h"

/* Append everything the DER TBSCertificate (RFC 5280 4.1) says, as indented lines of printable ASCII, one thing a line,
 * nothing cut: version, serial number, signature algorithm, issuer, validity, subject (one attribute a line, in its
 * order, with its string type where that is not the usual one), the kind of key and the SHA-256 digest of its
 * SubjectPublicKeyInfo, and every extension with its content, critical or not. What has an unusual form, or is not known
 * here, is shown in hexadecimal. Two TBS that differ in any byte give different texts.
 *
 * E_LINT when the bytes are not one TBSCertificate in DER of at most LIMIT_TBS_BYTES or a time has not the one form for its
 * year; the errors of key_from_spki() for a key of no known kind; E_NO_MEMORY and E_CRYPTO. Then out is as it was. */
ERR_MUST_USE enum err show_tbs(struct span tbs, struct buf *out, struct diag *d);

/* The facts of a whole certificate that lists are made of. */
struct show {
    char serial[64];            /* hexadecimal */
    char not_before[CLOCK_TEXT], not_after[CLOCK_TEXT];
};

/* E_LINT when a time is malformed. */
ERR_MUST_USE enum err show_certificate(X509 *x, struct show *out, struct diag *d);

#endif
