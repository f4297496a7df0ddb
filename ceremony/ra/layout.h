/* layout.h - what an import leaves behind.
 *
 *     OUT/<ra>-<sequence>/
 *         certs/<id>.pem    each certificate
 *         chain/<key>.pem   the issuers'
 *         results.csv       one row a request
 *         import.json       the SHA-256 of bundle.json, and what the seal says of the log
 */
#ifndef ROOTSEAL_RA_LAYOUT_H
#define ROOTSEAL_RA_LAYOUT_H

#include "log/seal.h"
#include "ra/answers.h"

#define LAYOUT_NAME (LIMIT_TOKEN_TEXT + 32)

/* Lay the verified answers out below the folder `path`, which is made when missing; name gets the
 * new folder's name, and news tells whether anything was written. What is there already must be the same (E_BUNDLE_OTHER, and then nothing is
 * written), so that a second import of the same bundle changes nothing. Each file is durable,
 * import.json last. */
ERR_MUST_USE enum err layout_write(const char *path, const struct bundle *bundle,
                                   const struct answers *answers, const struct seal *seal,
                                   const struct progress *progress, char name[LAYOUT_NAME],
                                   bool *news, struct diag *d);

#endif
