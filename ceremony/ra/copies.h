/* copies.h - certs.p7b and chain.pem, in which a bundle holds its certificates once more. */
#ifndef ROOTSEAL_RA_COPIES_H
#define ROOTSEAL_RA_COPIES_H

#include "ra/answers.h"

/* Prove that they hold exactly the answers' certificates and those of their issuers: E_BUNDLE_FORMAT, E_BUNDLE_ANSWER for
 * certs.p7b, E_ANCHOR for chain.pem. */
ERR_MUST_USE enum err copies_check(const struct bundle *bundle, const struct answers *answers, struct anchors *anchors,
                                   struct diag *d);

#endif
