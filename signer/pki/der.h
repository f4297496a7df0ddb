/* der.h - the distinguished encoding rules (X.690 10 and 11): a cursor that proves every byte, and
 * a writer.
 *
 * Only the tag numbers below 31 are known, which is all that PKIX uses.
 */
#ifndef ROOTSEAL_PKI_DER_H
#define ROOTSEAL_PKI_DER_H

#include "core/buf.h"

enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_ENUMERATED = 0x0a,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_CONTEXT = 0x80,    /* [n] IMPLICIT of a primitive type: DER_CONTEXT + n */
    DER_CONSTRUCTED = 0xa0 /* [n] EXPLICIT or of a constructed type: DER_CONSTRUCTED + n */
};

/* One element; both spans point into what was read. */
struct der {
    uint8_t tag;
    struct span whole; /* identifier, length and contents */
    struct span body;  /* the contents */
};

/* Take the next element off the front of in. False, with in as it was, when there is none or its
 * tag or length is not DER. The contents are not looked at. */
bool der_next(struct span *in, struct der *out);

/* The same, and false when its identifier octet is not `tag`. */
bool der_take(struct span *in, uint8_t tag, struct der *out);

/* True when in is exactly one element and everything inside it, however deep, is DER too: minimal
 * lengths and numbers, BOOLEAN 00 or FF, unused bits zero, sets in order. What OCTET and BIT
 * STRINGs hold is not looked into. */
bool der_check(struct span in);

/* The octets of a BIT STRING without unused bits; false when it has any. */
bool der_bits(const struct der *bit_string, struct span *out);

/* True when b may follow a in a SET OF (X.690 11.6). */
bool der_in_order(struct span a, struct span b);

/* True when both are the same bytes. */
bool der_same(struct span a, struct span b);

/* Append an identifier octet and a length; the caller appends len bytes of contents. Failures are
 * told by buf_err(). */
void der_put_header(struct buf *out, uint8_t tag, size_t len);

/* Append a whole element. */
void der_put(struct buf *out, uint8_t tag, struct span body);

/* Append a non-negative INTEGER whose big-endian bytes these are, leading zeros allowed. */
void der_put_unsigned(struct buf *out, struct span magnitude);

#endif
