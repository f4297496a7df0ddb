/* show_parts.h - pieces of show.c. For show*.c only. */
#ifndef ROOTSEAL_PKI_SHOW_PARTS_H
#define ROOTSEAL_PKI_SHOW_PARTS_H

#include "core/buf.h"
#include "pki/der.h"

#define SHOW_DEEPER "        " /* before a line of an extension's content */

/* The beginning of a line: indented, the label in its column, in the person's language (xgettext knows the function). */
void show_put_label(struct buf *out, const char *label);

/* Bytes in lower-case hexadecimal. */
void show_put_hex(struct buf *out, struct span bytes);

/* The short name that OpenSSL has for an OBJECT IDENTIFIER, or NULL; dotted gets the number, or "" when OpenSSL does not
 * write it out. */
const char *show_oid_name(struct buf *out, const struct der *oid, char *dotted, size_t cap);

/* "2.999.1", or "hex:..." for a number beyond all use. */
void show_put_number(struct buf *out, const struct der *oid, const char *dotted);

/* "serverAuth (1.3.6.1.5.5.7.3.1)", or the number alone. */
void show_put_oid(struct buf *out, const struct der *oid);

/* Every extension of the [3] element, each whole. False when it is no list of extensions. */
bool show_put_extensions(struct buf *out, const struct der *tagged);

/* show_identity.c: the content of an identity extension (identity.h) on a line; false, with whatever was appended to be
 * dropped, when it has another form: IdentifyCode, and the others. */
bool show_put_identify_code(struct buf *out, struct span value);
bool show_put_printable(struct buf *out, struct span value);

#endif
