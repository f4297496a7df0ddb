/* bundle_read.h - a bundle in files of our own, its signature and digests verified. */
#ifndef ROOTSEAL_RA_BUNDLE_READ_H
#define ROOTSEAL_RA_BUNDLE_READ_H

#include "ra/anchors.h"
#include "ra/manifest.h"
#include "ra/spool.h"

struct bundle {
    struct manifest manifest;
    uint8_t digest[DIGEST_LEN]; /* SHA-256 of bundle.json: the bundle's name */
    int folder; /* of spools; the caller's */
    struct spool files[MANIFEST_FILES];
    struct spool lists[MANIFEST_LISTS]; /* as many as the manifest says, in its order; empty in the place of responses */
};

/* Copy the bundle in this folder once, every file whole, into spools in the other one, so that what is verified is what is used. OCSP responses, which may
 * be a million, are not kept: whoever wants them reads them again (ocsp_tree.h).
 * In this order: bundle.json is signed by the bundle key (E_BUNDLE_SIGNATURE, also without
 * bundle.p7s; E_ANCHOR), has its form (E_BUNDLE_FORMAT, also when it is missing), and each file it
 * names is there with its digest (E_BUNDLE_DIGEST). E_MEDIUM without the folder; E_MEDIUM_FILE,
 * E_MEDIUM_LIMIT. Free with bundle_free(), on failure too. */
ERR_MUST_USE enum err bundle_read(const char *path, int folder, struct anchors *anchors, struct bundle *out,
                                  struct diag *d);
void bundle_free(struct bundle *b);

#endif
