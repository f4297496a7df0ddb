/* archive.h - a batch named by the beginning of its intake digest. */
#ifndef ROOTSEAL_BATCH_ARCHIVE_H
#define ROOTSEAL_BATCH_ARCHIVE_H

#include "core/diag.h"
#include "core/digest.h"

/* The one folder of the archive whose name begins with these 8 to 64 hexadecimal digits. E_USAGE when the text is no
 * such digits or more than one folder begins so, E_BATCH_MISSING when none does. intake is zeros with an error. */
ERR_MUST_USE enum err archive_find(int archive_fd, const char *prefix, uint8_t intake[DIGEST_LEN], struct diag *d);

#endif
