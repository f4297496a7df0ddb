/* kept_policy.h - the files of a policy, kept with the state, so that what was decided under it can be decided again when the
 * programs have another one: policies/<digest>/, a policy folder for policyc(1), which gives a policy with that digest.
 */
#ifndef ROOTSEAL_BATCH_KEPT_POLICY_H
#define ROOTSEAL_BATCH_KEPT_POLICY_H

#include "core/diag.h"
#include "policy/policy.h"

/* Before a line names the policy: write the files that it was made of, appliance.yaml last, unless that is there already.
 * Nothing is written of a table made by hand. The codes of file_make_dir() and file_write(). */
ERR_MUST_USE enum err kept_policy_write(int state_fd, const struct policy *p, const uint8_t digest[DIGEST_LEN], struct diag *d);

#endif
