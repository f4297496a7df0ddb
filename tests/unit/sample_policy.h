/* sample_policy.h - a small policy for the tests of the table itself. */
#ifndef ROOTSEAL_TESTS_SAMPLE_POLICY_H
#define ROOTSEAL_TESTS_SAMPLE_POLICY_H

#include "policy/policy.h"

/* A small policy with two of everything that is a list, so that each field of each struct can be
 * changed. */
struct sample_policy {
    struct policy_attribute attributes[2];
    struct policy_key keys[2];
    struct policy_service services[2];
    struct policy_reason reasons[2];
    struct policy_approval approvals[2];
    struct policy_subject_key subject_keys[2];
    const char *purposes[2], *policies[2], *crl[2], *ocsp[2], *issuers[2];
    struct policy_profile profiles[2];
    struct policy_authority authorities[2];
    struct policy_ra ras[2];
    struct policy_person persons[2];
    struct policy_officer officers[2];
    struct policy policy;
};

/* Fill it; it points into itself. */
void sample_policy_make(struct sample_policy *f);

#endif
