/* p7b.h - certificates in one file: a degenerate PKCS#7 SignedData (RFC 2315 9.1). */
#ifndef ROOTSEAL_PKI_P7B_H
#define ROOTSEAL_PKI_P7B_H

#include "core/buf.h"
#include "core/diag.h"

/* Write the file `name` below dirfd, synced: a SignedData without content and signers around the `bytes` bytes of the
 * file from_fd (read from its start), which are DER certificates one after another. E_IO when it
 * holds another number of bytes. */
ERR_MUST_USE enum err p7b_write(int dirfd, const char *name, int from_fd, size_t bytes, struct diag *d);

#endif
