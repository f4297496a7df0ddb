/* import.h - a bundle verified as a whole: only then may anything of it be used. */
#ifndef ROOTSEAL_RA_IMPORT_H
#define ROOTSEAL_RA_IMPORT_H

#include "log/seal.h"
#include "ra/answers.h"

struct import {
    int folder; /* of spools */
    struct anchors anchors;
    struct desk desk;
    struct bundle bundle;
    struct seal seal;
    struct answers answers;
};

/* Read the anchors, the batch and the bundle in these three folders, in the memory that one request takes and in spools in the
 * folder `work` (spool_folder()), and prove, in this order: what
 * bundle_read() says; that the seal is by the policy's log key and over a log chained by its hash
 * (E_LOG_SEAL); what chain_check() and answers_check() say. Nothing is written. End with
 * import_free(), on failure too. */
ERR_MUST_USE enum err import_verify(const struct policy *policy, const char *anchors,
                                    const char *batch, const char *bundle,
                                    const char *work, const struct progress *progress, struct import *out,
                                    struct diag *d);
/* The same as far as it can be proven without the batch: i->desk and i->answers stay empty. */
ERR_MUST_USE enum err import_read(const struct policy *policy, const char *anchors, const char *bundle, const char *work, struct import *out,
                                  struct diag *d);
void import_free(struct import *i);

#endif
