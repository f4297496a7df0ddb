/* changes.h - what the results of one bundle say became of certificates, against its revocation lists. */
#ifndef ROOTSEAL_RA_CHANGES_H
#define ROOTSEAL_RA_CHANGES_H

#include "batch/plan.h"
#include "core/set.h"
#include "pki/crl_view.h"

struct change {
    uint8_t serial[SERIAL_LEN];
    char key[LIMIT_TOKEN_TEXT + 1]; /* that signed the certificate; "" when the results do not say it */
    enum plan_act act;              /* PLAN_REVOKE, PLAN_HOLD or PLAN_RELEASE: the last word about it */
    int reason;                     /* CRLReason */
    int64_t listed;                 /* number of the last full list that has it so, 0 for none */
};

/* Zero-initialise; free with changes_free(). */
struct changes {
    struct set places; /* serial → place in v */
    struct change *v;
    size_t n, cap;
};

/* This is the last word about the certificate. E_NO_MEMORY. */
ERR_MUST_USE enum err changes_put(struct changes *c, const struct change *change, struct diag *d);

/* Go through the list of this key, which becomes the key of those on it whose key was not known, and prove that it contradicts none of the changes: E_BUNDLE_ANSWER. A full list has each
 * certificate that was revoked or held, with its reason, and none that was released; a delta has no other word about any. */
ERR_MUST_USE enum err changes_check(struct changes *c, struct crl_view *list, const char *key, struct diag *d);

void changes_free(struct changes *c);

#endif
