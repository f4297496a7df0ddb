/* der_write.h - nested DER written from front to back: values are opened, filled and closed, and lengths follow by
 * themselves. Failures are told by buf_err() at the end.
 */
#ifndef ROOTSEAL_PKI_DER_WRITE_H
#define ROOTSEAL_PKI_DER_WRITE_H

#include "core/buf.h"
#include "pki/der.h"

/* Begin a value; returns what der_close() wants. */
size_t der_open(struct buf *b, int tag);

/* End the value begun at `at`: its length is put in front of what was appended since. */
void der_close(struct buf *b, size_t at);

/* One whole primitive value. */
void der_value(struct buf *b, int tag, const void *p, size_t n);

/* BOOLEAN TRUE. */
void der_true(struct buf *b);

/* An OBJECT IDENTIFIER from dotted text. E_FIELD_VALUE when it is not one. */
ERR_MUST_USE enum err der_oid(struct buf *b, const char *dotted);

/* A Time as RFC 5280 4.1.2.5 wants it: UTCTime through 2049, GeneralizedTime from 2050 on. */
void der_time(struct buf *b, int64_t t);

/* A GeneralizedTime with seconds and Z, whatever the year. */
void der_generalized(struct buf *b, int64_t t);

/* An Extension (RFC 5280 4.1) with this dotted OID: what is written until der_extension_close() is its value. Errors of
 * der_oid(). */
struct der_extension {
    size_t seq, octets;
};
ERR_MUST_USE enum err der_extension_open(struct buf *b, const char *oid, bool critical, struct der_extension *x);
void der_extension_close(struct buf *b, const struct der_extension *x);

#endif
