/* manifest.h - bundle.json: what a bundle says of itself (rootseal-formats(5)). */
#ifndef ROOTSEAL_RA_MANIFEST_H
#define ROOTSEAL_RA_MANIFEST_H

#include "core/buf.h"
#include "core/diag.h"
#include "core/digest.h"
#include "core/limits.h"

/* The files of a bundle, in the order in which bundle.json names them. There are no others, and no
 * name from a bundle is ever opened. */
enum manifest_file {
    MANIFEST_CERTS,
    MANIFEST_CHAIN,
    MANIFEST_LOG,
    MANIFEST_RESULTS,
    MANIFEST_SEAL,
    MANIFEST_FILES
};

/* "certs.p7b", ... Constant. */
const char *manifest_file_name(enum manifest_file f);

struct manifest {
    char authority[LIMIT_TOKEN_TEXT + 1];
    char ra[LIMIT_TOKEN_TEXT + 1];
    char id[LIMIT_TOKEN_TEXT + 1];
    int64_t sequence;
    uint8_t batch[DIGEST_LEN]; /* SHA-256 of the batch.jsonl that is answered */
    uint8_t plan[DIGEST_LEN];
    uint8_t policy[DIGEST_LEN]; /* the policy the appliance decided by */
    int64_t issued, refused;
    int64_t status, lists; /* changes of status, and revocation lists */
    int64_t log_first, log_last; /* numbers of the first and last line of log.jsonl */
    uint8_t files[MANIFEST_FILES][DIGEST_LEN];
};

/* Read the whole file: one canonical line with its newline, exactly the known keys, exactly the
 * known files. E_BUNDLE_FORMAT otherwise, E_NO_MEMORY. */
ERR_MUST_USE enum err manifest_parse(struct span bytes, struct manifest *out, struct diag *d);

#endif
