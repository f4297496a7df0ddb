/* seals.h - the seals in the log. */
#ifndef ROOTSEAL_AUDIT_SEALS_H
#define ROOTSEAL_AUDIT_SEALS_H

#include "log/record.h"
#include "log/seal.h"
#include "policy/policy.h"

struct audit;

/* A seal line: over exactly the lines before it, by the log key, and the signature verifies.
 * E_LOG_SEAL in the findings otherwise. Batches that are answered are sealed by it. */
ERR_MUST_USE enum err seals_take(struct audit *a, const struct record *r);

/* A seal alone, wherever it comes from: it is by the policy's log key, whose certificate is in this folder, and the signature verifies.
 * E_MEDIUM, E_IO, E_LOG_SEAL. */
ERR_MUST_USE enum err seals_verify(const struct seal *s, const struct policy *policy, const char *anchors, struct diag *d);

#endif
