/* help_bundle.h - a batch and its bundle, made with keys in memory, for the tests of ceremony/ra.
 * Everything here fails the running test when it cannot do its work. */
#ifndef ROOTSEAL_TESTS_HELP_BUNDLE_H
#define ROOTSEAL_TESTS_HELP_BUNDLE_H

#include "core/json.h"
#include "pki/crl.h"
#include "policy/policy.h"
#include "ra/manifest.h"

/* A small policy: authority "ca" with the SM2 key "ca-root" and the profile "person", and every service but renewal; RA
 * "town"; the RSA bundle key "the-bundle" and the SM2 log key "the-log"; a log chained by SM3. */
const struct policy *help_bundle_policy(void);

#define HELP_BUNDLE_NOW 1760000000
#define HELP_BUNDLE_OLD 0x31 /* first byte of the serial numbers that were issued before; the last one tells them apart */
#define HELP_BUNDLE_LIST "ca-root-5.crl"

enum { HELP_BUNDLE_ROOT, HELP_BUNDLE_BUNDLE, HELP_BUNDLE_LOG };

/* The parts that a test may spoil before help_bundle_write(). */
struct help_bundle {
    /* batch.jsonl: requests to issue "one", "two" (spoilt), "three"; to revoke "four", suspend "five", resume "six"; to
     * change "seven"; to accept "eight" */
    struct buf batch;
    struct buf files[MANIFEST_FILES];
    struct buf list; /* HELP_BUNDLE_LIST */
    int64_t issued, refused, status, lists, log_first, log_last;
    uint8_t policy[DIGEST_LEN];
    EVP_PKEY *keys[3];   /* of ca-root, the-bundle, the-log: by HELP_BUNDLE_... */
    struct buf certs[3]; /* DER */
};

/* A right one: three certificates issued, one request refused, four changes of status, one list. Free with help_bundle_free(). */
void help_bundle_make(struct help_bundle *b);
/* The same, where the request to revoke names this key as the issuer of the certificate, which is by ca-root. */
void help_bundle_make_naming(struct help_bundle *b, const char *issuer);

/* -- for an appliance that signs lies: what follows makes one that holds together in itself -- */

/* In the line of results.jsonl or log.jsonl that is about this number of the batch (0: that of the log which has none) the key
 * gets this value, whose reference is taken. */
void help_bundle_set(struct help_bundle *b, enum manifest_file file, int64_t n, const char *key, json_t *value);

/* The line about this number goes. */
void help_bundle_drop(struct help_bundle *b, enum manifest_file file, int64_t n);

/* What a list says. */
struct help_bundle_says {
    struct crl_entry entries[6];
    size_t entries_n;
    int64_t number, base, this_update, next_update;
    const char *idp_url;
};

struct help_bundle_says help_bundle_right(void);

/* Make the list, and let the log have its digest and signature. NULL: the right one. */
void help_bundle_list(struct help_bundle *b, const struct help_bundle_says *says);

/* Chain and seal the log anew. */
void help_bundle_seal(struct help_bundle *b);

/* Write it into the folders batch/, bundle/ and anchors/ of help_dir(), with a manifest that has
 * the digests of what is written and is signed by the bundle key. */
void help_bundle_write(const struct help_bundle *b);
void help_bundle_free(struct help_bundle *b);

#endif
