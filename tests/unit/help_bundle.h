/* help_bundle.h - a batch and its bundle, made with keys in memory, for the tests of ceremony/ra.
 * Everything here fails the running test when it cannot do its work. */
#ifndef ROOTSEAL_TESTS_HELP_BUNDLE_H
#define ROOTSEAL_TESTS_HELP_BUNDLE_H

#include "policy/policy.h"
#include "ra/manifest.h"

/* A small policy: authority "ca" with the SM2 key "ca-root" and the profile "person"; RA "town";
 * the RSA bundle key "the-bundle" and the SM2 log key "the-log"; a log chained by SM3. */
const struct policy *help_bundle_policy(void);

/* The parts that a test may spoil before help_bundle_write(). */
struct help_bundle {
    struct buf batch; /* batch.jsonl: requests "one", "two" (spoilt), "three" */
    struct buf files[MANIFEST_FILES];
    int64_t issued, refused, log_first, log_last;
    uint8_t policy[DIGEST_LEN];
    EVP_PKEY *keys[3];   /* of ca-root, the-bundle, the-log */
    struct buf certs[3]; /* DER */
};

/* A right one: two of three requests issued. Free with help_bundle_free(). */
void help_bundle_make(struct help_bundle *b);

/* Write it into the folders batch/, bundle/ and anchors/ of help_dir(), with a manifest that has
 * the digests of what is written and is signed by the bundle key. */
void help_bundle_write(const struct help_bundle *b);
void help_bundle_free(struct help_bundle *b);

#endif
