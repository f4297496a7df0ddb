/* build.h - from what the policy files say to the policy table, with every check that a schema
 * cannot make. */
#ifndef ROOTSEAL_POLICY_BUILD_H
#define ROOTSEAL_POLICY_BUILD_H

#include "core/diag.h"
#include "policy/policy.h"
#include "policy/schema.h"
#include "policy/where.h"

/* One policy file, read. */
struct build_file {
    struct where *where;
    void *data;      /* struct yaml_... of its kind */
    struct buf text; /* as it is in the folder */
};

/* A policy folder, read. */
struct build_input {
    const char *dir; /* its path, for messages */
    int fd;          /* the folder: certificates are found below it, and no symbolic link is followed */
    struct build_file appliance;
    struct build_file people;
    const struct build_file *authorities; /* in the order of their file names */
    size_t authorities_n;
};

/* The table and what it is made of. Opaque; free with build_free(). */
struct build;

/* Check everything and build the table. E_POLICY with file, line and path for the first thing that
 * is wrong, E_NO_MEMORY, E_CRYPTO. The table points into the input, which must live as long. */
ERR_MUST_USE enum err build_policy(const struct build_input *in, struct build **out,
                                   struct diag *d);

const struct policy *build_result(const struct build *b);

void build_free(struct build *b);

#endif
