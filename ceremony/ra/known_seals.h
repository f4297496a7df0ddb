/* known_seals.h - what earlier imports know of the appliance's log, held against the lines that come with a bundle: an RA
 * is a witness. */
#ifndef ROOTSEAL_RA_KNOWN_SEALS_H
#define ROOTSEAL_RA_KNOWN_SEALS_H

#include "log/seal.h"
#include "ra/bundle_read.h"
#include "ra/layout.h"

/* Each import below the folder `path` has in its import.json over how many lines of which log its seal was, and the digest
 * of the last of them. Where that line is among those of the bundle, or the one before them, it must be the same:
 * E_BUNDLE_OTHER names the import that knows another. `other` gets the name of an import whose seal is of another log, ""
 * when there is none. What lies there besides, or cannot be read, is passed over; the folder need not be there.
 * E_NO_MEMORY, E_IO. */
ERR_MUST_USE enum err known_seals_check(const char *path, const struct bundle *bundle, const struct seal *seal,
                                        char other[LAYOUT_NAME], struct diag *d);

#endif
