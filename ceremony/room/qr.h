/* qr.h - a short text as a QR code (ISO/IEC 18004:2015, error correction level M), by libqrencode.
 *
 * What is in a code stands beside it in digits and words: a scanner that types what it reads saves the typing.
 */
#ifndef ROOTSEAL_ROOM_QR_H
#define ROOTSEAL_ROOM_QR_H

#include "core/buf.h"
#include "core/diag.h"

#define LIMIT_QR_TEXT 200 /* bytes in one code: it stays at 57 modules a side, which a camera reads from 3 cm of paper */

/* Append the code as one SVG element, to stand in HTML or alone, with the four light modules around it that the standard
 * asks for. The same text gives the same bytes. text is 1 to LIMIT_QR_TEXT bytes of printable ASCII (E_FIELD_VALUE). E_NO_MEMORY, E_CRYPTO
 * when the library fails otherwise. */
ERR_MUST_USE enum err qr_svg(const char *text, struct buf *out, struct diag *d);

/* Append the code as lines of UTF-8 half blocks for a dark terminal, light modules drawn, with two of them around it: a
 * digest with its name before it takes 41 columns and 21 lines. The same errors. */
ERR_MUST_USE enum err qr_screen(const char *text, struct buf *out, struct diag *d);

#endif
