/* lateness.h - whether a revocation came within the time that the policy promises, from when it was asked for. */
#ifndef ROOTSEAL_BATCH_LATENESS_H
#define ROOTSEAL_BATCH_LATENESS_H

#include <stdbool.h>
#include <stdint.h>

#include "batch/plan.h"
#include "policy/policy.h"

/* Whether this act is late now. Only revocations are promised. */
bool lateness_of(const struct policy_authority *a, enum plan_act act, int64_t asked, int64_t now);

/* Whether a log line of this time may say so. The appliance looks at its clock a moment before it writes the line: one that
 * became late within that moment may stand there without the mark. */
bool lateness_fits(const struct policy_authority *a, enum plan_act act, int64_t asked, int64_t line, bool late);

#endif
