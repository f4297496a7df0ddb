/* bundles.h - the answers to batches: bundle lines and the folders they name. */
#ifndef ROOTSEAL_AUDIT_BUNDLES_H
#define ROOTSEAL_AUDIT_BUNDLES_H

#include "log/record.h"

struct audit;

/* A bundle line: its batch is answered and sealed; where the folder is in the archive, bundle.json
 * has the digest in the line and says what log and plan say, every file it names is there with its
 * digest and no other, and bundle.p7s is the bundle key's signature over it. A missing folder is
 * only told: it follows from log and archive, and signer makes it again. */
ERR_MUST_USE enum err bundles_take(struct audit *a, const struct record *r);

#endif
