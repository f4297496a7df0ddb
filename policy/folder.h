/* folder.h - a policy folder: appliance.yaml, people.yaml, one file for each authority, and the certificates they name, read and
 * made into a table with every check of build.h. Who may have written it does not matter: see policyc(1) for what is refused.
 */
#ifndef ROOTSEAL_POLICY_FOLDER_H
#define ROOTSEAL_POLICY_FOLDER_H

#include "core/diag.h"
#include "policy/policy.h"

/* The table and what it was made of. Opaque. */
struct policy_folder;

/* Open the folder. E_POLICY when it is not there. close() the descriptor, which is -1 on failure. */
ERR_MUST_USE enum err policy_folder_open(const char *dir, int *fd, struct diag *d);

/* Read and build. dir stands in messages; fd and dir are needed no longer than the call. E_POLICY names file, line and path of the
 * first thing that is wrong; E_NO_MEMORY, E_CRYPTO, E_IO. End with policy_folder_free(). */
ERR_MUST_USE enum err policy_folder_read(int fd, const char *dir, struct policy_folder **out, struct diag *d);

/* It lives as long as the folder. */
const struct policy *policy_folder_result(const struct policy_folder *f);

void policy_folder_free(struct policy_folder *f);

#endif
