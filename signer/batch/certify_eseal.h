/* certify_eseal.h - electronic seals among what is issued: the bytes to be signed, and what they become. */
#ifndef ROOTSEAL_BATCH_CERTIFY_ESEAL_H
#define ROOTSEAL_BATCH_CERTIFY_ESEAL_H

#include "batch/decide.h"
#include "batch/issuers.h"
#include "pki/tbs_view.h"

/* certify_build() for a seal: completes the item with the linted SES_SealInfo, valid from `now`. E_OUTLIVES_ISSUER is the
 * caller's to tell; E_LINT. */
ERR_MUST_USE enum err certify_eseal(const struct decision *decision, int64_t now, struct plan_item *item, struct diag *d);

/* Put the item's bytes and their signature together: a certificate, or a seal with its maker's certificate. Appends to
 * out. E_LINT when the bytes are no TBSCertificate. */
ERR_MUST_USE enum err certify_assemble(const struct plan_item *item, X509 *issuer, struct span signature, struct buf *out,
                                       struct diag *d);

/* The subject and key that the item takes from the world, and its end: of a seal, those of its holder. Points into the item.
 * E_LINT when they are not there. */
ERR_MUST_USE enum err certify_outline(const struct plan_item *item, struct tbs_outline *out, struct diag *d);

#endif
