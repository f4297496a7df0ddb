/* show_eseal.h - what an electronic seal says, for people: as show.h does for certificates. */
#ifndef ROOTSEAL_PKI_SHOW_ESEAL_H
#define ROOTSEAL_PKI_SHOW_ESEAL_H

#include "core/buf.h"
#include "core/diag.h"
#include "pki/eseal.h"

/* Append everything the seal says as indented lines of printable ASCII, nothing cut; pictures, certificates and extensions by
 * their SHA-256 digests beside what is known of them. E_NO_MEMORY, E_CRYPTO; then out is as it was. */
ERR_MUST_USE enum err show_eseal(const struct eseal_info *x, struct buf *out, struct diag *d);

/* Append the subject of a certificate on one line and its SHA-256 on the next, under this label; bytes that are no
 * certificate are called so. The same errors. */
ERR_MUST_USE enum err show_eseal_person(const char *label, struct span cert, struct buf *out, struct diag *d);

#endif
