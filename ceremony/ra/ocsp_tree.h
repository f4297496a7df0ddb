/* ocsp_tree.h - the OCSP responses of a bundle, verified and laid out so that any web server can answer with them: each lies
 * where the request of a client of RFC 5019 names it (ocsp_path()).
 */
#ifndef ROOTSEAL_RA_OCSP_TREE_H
#define ROOTSEAL_RA_OCSP_TREE_H

#include "core/progress.h"
#include "ra/import.h"

struct ocsp_tree {
    int64_t responses, revoked;      /* how many, and how many of them say so (certificates on hold, too) */
    int64_t this_update, next_update; /* of all of them, UTC seconds */
};

/* Lay out every response of the bundle in the folder `from`, of which i is what import_read() gave. Each log line names its
 * file and digest; each response is signed by the responder of the issuer whose anchors are at hand, is the next by its
 * serial number, and is of the times that the policy and its result say. The folder `to` must not be there: it is made
 * under the name with ".tmp" added, and gets its own when all of it is written and durable. E_FOLDER_OCCUPIED for either
 * name; E_BUNDLE_ANSWER, also for a bundle without responses; E_BUNDLE_FORMAT, E_BUNDLE_DIGEST, E_ANCHOR, E_OCSP_FORMAT,
 * E_OCSP_RESPONDER, E_OCSP_SIGNATURE. */
ERR_MUST_USE enum err ocsp_tree_write(struct import *i, const char *from, const char *to, const struct progress *progress,
                                      struct ocsp_tree *out, struct diag *d);

#endif
