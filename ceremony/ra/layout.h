/* layout.h - what an import leaves behind.
 *
 *     OUT/crls/<key>-<number>.crl    the revocation lists of all bundles
 *     OUT/<ra>-<sequence>/
 *         certs/<id>.pem, .der       each certificate
 *         enveloped/<id>.der         the private key of an encrypting certificate, as the key-management centre sent it
 *         seals/<id>.esl             each electronic seal
 *         chain/<key>.pem            the issuers'
 *         certs.p7b                  all of them in one file, and their issuers
 *         results.csv                one row a request, and one for each list besides
 *         import.json                the SHA-256 of bundle.json, and what the seal says of the log
 *
 * A folder in which nothing would lie is not made.
 */
#ifndef ROOTSEAL_RA_LAYOUT_H
#define ROOTSEAL_RA_LAYOUT_H

#include "log/seal.h"
#include "ra/answers.h"

#define LAYOUT_MARK "import.json"
#define LAYOUT_NAME (LIMIT_TOKEN_TEXT + 32)

/* Lay the verified answers out below the folder `path`, which is made when missing; name gets the
 * new folder's name, and news tells whether anything was written. What is there already must be the same (E_BUNDLE_OTHER, and then nothing is
 * written), so that a second import of the same bundle changes nothing. Each file is durable,
 * import.json last. */
ERR_MUST_USE enum err layout_write(const char *path, const struct bundle *bundle,
                                   const struct answers *answers, const struct seal *seal,
                                   const struct progress *progress, char name[LAYOUT_NAME],
                                   bool *news, struct diag *d);

/* The highest number that a list of this key has below path, 0 for none: a list that is not above it is not news. */
ERR_MUST_USE enum err layout_last_list(const char *path, const char *key, int64_t *number, struct diag *d);

#endif
