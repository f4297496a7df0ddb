/* lint_eseal.h - the second look at an electronic seal before it is signed: as lint.h does for certificates. */
#ifndef ROOTSEAL_PKI_LINT_ESEAL_H
#define ROOTSEAL_PKI_LINT_ESEAL_H

#include "core/diag.h"
#include "pki/eseal.h"
#include "policy/policy.h"

/* Is this the certificate of somebody who may hold a seal at this time: DER, signed by the CA that the policy pins, valid,
 * for signatures, not a CA's? E_HOLDER, with the policy's clause. */
ERR_MUST_USE enum err lint_eseal_holder(struct span cert, const struct policy_seals *policy, int64_t at, struct diag *d);

/* Is this SES_SealInfo what the policy lets be signed: version 4, the number in lower-case hexadecimal, one holder with a
 * certificate, valid from when it is made for just the policy's time, a good picture of the kind it is called, nothing more?
 * E_LINT. */
ERR_MUST_USE enum err lint_eseal(struct span info, struct span serial, const struct policy_seals *policy, struct diag *d);

#endif
