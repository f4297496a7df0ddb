/* image.h - the digest of the image that the machine was booted from, for comparing with the printed page. */
#ifndef ROOTSEAL_INIT_IMAGE_H
#define ROOTSEAL_INIT_IMAGE_H

#include "core/digest.h"
#include "media.h"

/* How many bytes of a medium with these first n bytes the image takes: up to the second copy of its partition table
 * (UEFI 5.3.2), or what its volume descriptor says (ECMA-119 8.4.8). 0 when neither is there. */
uint64_t image_bytes(const uint8_t *head, size_t n);

/* SHA-256 of the image, whole, as it lies on the medium now, which is what `sha256sum` says of the file. What a
 * program says of the medium it was started from is a help and no proof: who wants one reads the medium on another
 * machine. E_MEDIUM when the medium is not in any more, E_IO. */
ERR_MUST_USE enum err image_digest(uint8_t out[DIGEST_LEN], struct diag *d);

#endif
