/* evidence_decide.h - the request of an evidence, decided again under the policy of its plan. */
#ifndef ROOTSEAL_AUDIT_EVIDENCE_DECIDE_H
#define ROOTSEAL_AUDIT_EVIDENCE_DECIDE_H

#include "audit/evidence.h"

/* At the time of the plan the batch was good, by an RA of that authority, and its request, decided as the appliance decides it
 * (batch/decide.h), gives the plan's item, byte for byte. What only the log knows - other certificates, whose key it is - is not
 * asked; the signing request that an encrypting one names is taken to be as the plan says. Errors of header_check() and
 * certify_build(), E_EVIDENCE_CONTENT. */
ERR_MUST_USE enum err evidence_decide(const struct evidence *e, const struct evidence_facts *f, const struct policy *policy,
                                      struct diag *d);

#endif
