/* policies.h - the policies that the lines of a log name: this program's, and those that are kept with the state or came by hand. */
#ifndef ROOTSEAL_AUDIT_POLICIES_H
#define ROOTSEAL_AUDIT_POLICIES_H

#include "log/record.h"
#include "policy/folder.h"

struct audit;

struct policies_entry {
    uint8_t digest[DIGEST_LEN];
    struct policy_folder *folder; /* NULL when there is none that gives it, and of this program's own */
};

/* Zero-initialise; free with policies_free(). */
struct policies {
    struct policies_entry *v;
    size_t n;
};

/* A genesis or policy line: from here on its policy is a->policy, or this program's when nothing is known of it. */
ERR_MUST_USE enum err policies_take(struct audit *a, const struct record *r);

/* The policy with this digest, which a line has named: this program's, or one that policies_take() found. NULL when there is
 * none. */
const struct policy *policies_find(const struct audit *a, const uint8_t digest[DIGEST_LEN]);

/* A policy line: say what it changes, as far as both policies are known. */
void policies_tell_change(struct audit *a, const uint8_t before[DIGEST_LEN]);

/* After the log: what lies among the policies and is none, or is named by no line. */
ERR_MUST_USE enum err policies_finish(struct audit *a);

/* How many policies beside this program's were read. */
size_t policies_read(const struct policies *p);

void policies_free(struct policies *p);

#endif
