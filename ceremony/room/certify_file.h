/* certify_file.h - step-N.tbs: what a step is about to sign, put together or read again, each part checked. Only for certify.c. */
#ifndef ROOTSEAL_ROOM_CERTIFY_FILE_H
#define ROOTSEAL_ROOM_CERTIFY_FILE_H

#include <openssl/x509.h>

#include "pki/key.h"
#include "room/certify.h"

/* One certificate of the step. */
struct certify_part {
    const struct certify_item *item;
    struct key key;      /* the subject's, public part */
    X509 *issuer;        /* certificate of item->ca; NULL when it signs itself. From the log, or a part before this one */
    X509 *other;         /* of a cross: the subject's own certificate */
    struct span tbs;     /* in the file */
    X509 *draft;         /* what it would look like, without a signature: not to be trusted, only to be read */
    X509 *made;          /* its certificate, once it is in the log; NULL before */
};

struct certify_file {
    struct buf bytes;
    uint8_t digest[DIGEST_LEN];
    struct certify_part v[CERTIFY_MAX]; /* without the anchors that were there before the step */
    size_t n;
    uint64_t intent;     /* its newest certify line in the log; 0: none */
    bool any_made;
    int64_t not_before;  /* of the first */
};

/* Read the step's file; *found false when there is none, and then out is to be freed all the same. The file's parts are
 * what the spec's items make, each linted anew (pki/lint.h): E_LINT, E_ARCHIVE. What of it is in the log is found there. */
ERR_MUST_USE enum err certify_file_read(struct room *r, const struct script_step *s, const struct certify_spec *spec,
                                        struct certify_file *out, bool *found, struct diag *d);

/* Make it for those items that are not done: n is 0 when all are anchors that are there. It is on disk when this returns. */
ERR_MUST_USE enum err certify_file_make(struct room *r, const struct script_step *s, const struct certify_spec *spec,
                                        struct certify_file *out, struct diag *d);

void certify_file_free(struct certify_file *f);

/* Too old to be signed now, with nothing of it in the log? */
bool certify_file_is_stale(const struct room *r, const struct certify_file *f);

#endif
