/* emit.h - the policy table as C. */
#ifndef ROOTSEAL_POLICY_EMIT_H
#define ROOTSEAL_POLICY_EMIT_H

#include "core/buf.h"
#include "policy/policy.h"

/* Append one C file that defines `const struct policy policy_table` with the content of p,
 * certificates as byte arrays. The same table gives the same bytes. E_NO_MEMORY, E_CRYPTO. */
ERR_MUST_USE enum err emit_policy(const struct policy *p, struct buf *out);

#endif
