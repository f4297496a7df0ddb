/* san.h - the subject alternative names a device asks for. */
#ifndef ROOTSEAL_PKI_SAN_H
#define ROOTSEAL_PKI_SAN_H

#include <openssl/x509v3.h>

#include "core/buf.h"
#include "core/diag.h"
#include "pki/der.h"

/* Append the DER GeneralNames made of what the request's subjectAltName extension asks for: dNSName (letters, digits
 * and hyphens in labels, RFC 1123; no wildcard) and iPAddress (4 or 16 bytes) only, each once, at most LIMIT_SAN_NAMES.
 * E_CSR_EXTENSION otherwise, with the clause given. */
ERR_MUST_USE enum err san_from_request(const X509_EXTENSION *asked, const char *clause, struct buf *out,
                                       struct diag *d);

/* Append one GeneralName (RFC 5280 4.2.1.6) for people, whole and in printable ASCII: "dns:www.example.org",
 * "ip:192.0.2.1", "ip:2001:db8::1", "uri:...", "email:..."; anything else, an address of another length too, as "hex:"
 * and the bytes of the whole element. Failures are told by buf_err(). */
void san_display(const struct der *name, struct buf *out);

#endif
