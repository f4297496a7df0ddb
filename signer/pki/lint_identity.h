/* lint_identity.h - the identity extensions' part of lint.h. */
#ifndef ROOTSEAL_PKI_LINT_IDENTITY_H
#define ROOTSEAL_PKI_LINT_IDENTITY_H

#include <openssl/x509.h>

#include "core/diag.h"
#include "pki/tbs_view.h"
#include "policy/policy.h"

/* Is this the number of an identity extension (1.2.156.10260.4.1.1 to .5)? */
bool lint_identity_is(const ASN1_OBJECT *type);

/* Exactly the identity extensions that the profile has rows for, each at most once, not critical, in DER, tagged and typed
 * as the profile says, with the required ones there and numbers in their form. Whether a check digit was overridden the
 * bytes do not tell, so it is not asked. E_LINT otherwise. */
ERR_MUST_USE enum err lint_identity(const TBS_VIEW *v, const struct policy_profile *profile, struct diag *d);

#endif
