/* carried.h - a detached signature checked with the certificate that it carries, for persons whom
 * this program's policy does not pin but whose certificate log or plan name by digest. */
#ifndef ROOTSEAL_AUDIT_CARRIED_H
#define ROOTSEAL_AUDIT_CARRIED_H

#include "core/buf.h"
#include "core/diag.h"
#include "core/digest.h"

/* Look for the certificate with this SHA-256 in the CMS signature; when it is there, *carried is
 * true and the signature over content must verify with it. E_APPROVAL_FORMAT,
 * E_APPROVAL_SIGNATURE. */
ERR_MUST_USE enum err carried_verify(struct span signature, const uint8_t certificate[DIGEST_LEN],
                                     struct span content, bool *carried, struct diag *d);

/* Append the certificate with this SHA-256, DER, when the signature carries it; *found is false when it does not.
 * E_APPROVAL_FORMAT. */
ERR_MUST_USE enum err carried_certificate(struct span signature, const uint8_t certificate[DIGEST_LEN], struct buf *out, bool *found,
                                          struct diag *d);

#endif
