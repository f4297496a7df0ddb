/* certify_tbs.h - what a certificate of one CA by another says, before it is signed. Anchors: anchor_tbs.h. */
#ifndef ROOTSEAL_ROOM_CERTIFY_TBS_H
#define ROOTSEAL_ROOM_CERTIFY_TBS_H

#include "room/certify_file.h"

/* Append the linted TBSCertificate of a part, whose item, key, issuer and other are set. E_OUTLIVES_ISSUER, E_LINT,
 * E_ANCHOR, the errors of tbs_build(). */
ERR_MUST_USE enum err certify_tbs(const struct policy *p, const struct certify_part *part, struct buf *out, struct diag *d);

/* The second look at it, at any time. */
ERR_MUST_USE enum err certify_lint(const struct policy *p, const struct certify_part *part, struct span tbs, struct diag *d);

#endif
