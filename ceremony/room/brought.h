/* brought.h - bundles that somebody brought along to a ceremony: each carries a seal of the log, as it stood when the bundle was made.
 *
 * A seal is good when our log has these lines: an older copy of the log, and another state's, are found by it. Only seal.json
 * is read (log/seal.h): what else is in the bundle is the RA's to check.
 */
#ifndef ROOTSEAL_ROOM_BROUGHT_H
#define ROOTSEAL_ROOM_BROUGHT_H

#include "log/seal.h"
#include "room/room.h"

/* Read the seal of the bundle in this folder. seal_free() it. E_MEDIUM, E_MEDIUM_FILE, E_MEDIUM_LIMIT, E_IO; E_BUNDLE_FORMAT, also
 * when it has none. */
ERR_MUST_USE enum err brought_read(const char *path, struct seal *out, struct diag *d);

/* Compare it with the log. E_SEAL_OTHER when it is of another log. E_LOG_ROLLED_BACK when the log key signed it and our log is
 * shorter, or has another line in this place; E_LOG_SEAL when the log key did not sign it. */
ERR_MUST_USE enum err brought_compare(const struct room *r, const struct seal *s, struct diag *d);

#endif
