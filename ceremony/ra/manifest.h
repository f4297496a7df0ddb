/* manifest.h - bundle.json: what a bundle says of itself (rootseal-formats(5)). */
#ifndef ROOTSEAL_RA_MANIFEST_H
#define ROOTSEAL_RA_MANIFEST_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/diag.h"
#include "core/digest.h"
#include "core/limits.h"

/* The files of every bundle, in the order in which bundle.json names them. Behind them come its revocation lists and OCSP
 * responses, and nothing else. No name from a bundle is ever opened: that of a list is made anew from its key and number. */
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

/* The most lists that a bundle can have: its folder holds LIMIT_MEDIUM_FILES files, and two of them are bundle.json and its
 * signature. */
#define MANIFEST_LISTS (LIMIT_MEDIUM_FILES - MANIFEST_FILES - 2)

/* A revocation list: the file KEY-NUMBER.crl. Or OCSP responses about the key's certificates: KEY-N.ocsp, where N is the
 * number of their request. */
struct manifest_list {
    char key[LIMIT_TOKEN_TEXT + 1];
    int64_t number;
    bool responses;
    uint8_t digest[DIGEST_LEN];
};

/* The name of either. */
#define MANIFEST_LIST_NAME (LIMIT_TOKEN_TEXT + 32)
void manifest_entry_name(const struct manifest_list *l, char out[MANIFEST_LIST_NAME]);

/* That of a list taken apart; false for a name of any other form. */
bool manifest_list_parse(const char *name, char key[LIMIT_TOKEN_TEXT + 1], int64_t *number);

struct manifest {
    char authority[LIMIT_TOKEN_TEXT + 1];
    char ra[LIMIT_TOKEN_TEXT + 1];
    char id[LIMIT_TOKEN_TEXT + 1];
    int64_t sequence;
    uint8_t batch[DIGEST_LEN]; /* digest of the batch.jsonl that is answered */
    uint8_t plan[DIGEST_LEN];
    uint8_t policy[DIGEST_LEN]; /* the policy the appliance decided by */
    int64_t issued, refused;
    int64_t status; /* changes of status */
    int64_t lists;  /* revocation lists and files of OCSP responses: how many there are below */
    int64_t log_first, log_last; /* numbers of the first and last line of log.jsonl */
    uint8_t files[MANIFEST_FILES][DIGEST_LEN];
    struct manifest_list list[MANIFEST_LISTS];
};

/* Read the whole file: one canonical line with its newline, exactly the known keys, exactly the known files and as many
 * lists as it says. E_BUNDLE_FORMAT otherwise, E_NO_MEMORY. */
ERR_MUST_USE enum err manifest_parse(struct span bytes, struct manifest *out, struct diag *d);

#endif
