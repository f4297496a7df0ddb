/* minutes_show.h - on the screen: the digest that cannot stand in the minutes themselves. */
#ifndef ROOTSEAL_ROOM_MINUTES_SHOW_H
#define ROOTSEAL_ROOM_MINUTES_SHOW_H

#include "core/diag.h"
#include "core/digest.h"

/* Print the digest of this ceremony's minutes.html and its words, which those who sign it type. */
void minutes_show_digest(const char *ceremony, const uint8_t html[DIGEST_LEN]);

/* At the end: the same, and, on stderr where that is a terminal with UTF-8, a QR code of
 * "rootseal-minutes <digest>" for whoever comes with a camera: the next ceremony's file names it after `follows`. */
ERR_MUST_USE enum err minutes_show(const char *ceremony, const uint8_t html[DIGEST_LEN], struct diag *d);

#endif
