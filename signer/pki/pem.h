/* pem.h - the textual encoding of one thing (RFC 7468). */
#ifndef ROOTSEAL_PKI_PEM_H
#define ROOTSEAL_PKI_PEM_H

#include "core/buf.h"

/* Append the content of the only PEM block in bytes to out. Its label must be `label` or `other`
 * (may be NULL), it must have no headers, and no second block may follow; text around it is passed
 * over. False otherwise, with out unchanged. */
bool pem_only(struct span bytes, const char *label, const char *other, struct buf *out);

#endif
