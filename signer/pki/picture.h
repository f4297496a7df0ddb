/* picture.h - is this a PNG or a GIF, of one still picture, and how large? Told by the structure of the file alone: nothing
 * is unpacked, so what its pixels show is not known here.
 *
 * PNG (ISO/IEC 15948): the signature; chunks with good lengths, names and CRCs in their order; of the critical ones only
 * IHDR, PLTE, IDAT and IEND; no animation. GIF (87a and 89a): one image that lies within its screen; of the extensions
 * only the graphic control before it, comments and applications' own, since a text extension would draw by itself. In
 * both every byte belongs to the picture.
 */
#ifndef ROOTSEAL_PKI_PICTURE_H
#define ROOTSEAL_PKI_PICTURE_H

#include "core/buf.h"
#include "core/diag.h"

enum picture_kind { PICTURE_PNG, PICTURE_GIF };

struct picture {
    enum picture_kind kind;
    uint32_t width, height; /* pixels: 1 to LIMIT_PICTURE_PIXELS */
};

/* E_PICTURE when it is neither, is damaged, moves, or has a side of more than LIMIT_PICTURE_PIXELS. */
ERR_MUST_USE enum err picture_read(struct span bytes, struct picture *out, struct diag *d);

/* "PNG" or "GIF": as a seal names it. Constant. */
const char *picture_name(enum picture_kind kind);

#endif
