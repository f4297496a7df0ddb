/* crl_extensions.h - the extensions' part of crl_view.h. */
#ifndef ROOTSEAL_PKI_CRL_EXTENSIONS_H
#define ROOTSEAL_PKI_CRL_EXTENSIONS_H

#include "pki/crl_view.h"

/* Read the contents of crlExtensions' [0] into the facts. E_CRL_FORMAT. */
ERR_MUST_USE enum err crl_extensions_read(struct span in, struct crl_facts *out, struct diag *d);

/* Read the contents of crlEntryExtensions, which is a reason and nothing else (RFC 5280 5.3.1). */
bool crl_reason_read(struct span in, int *reason);

#endif
