/* help_change.h - evidence that belongs together, in which one thing is changed before it is checked: that very thing must be told.
 * Everything here fails the running test when it cannot do its work. */
#ifndef ROOTSEAL_TESTS_HELP_CHANGE_H
#define ROOTSEAL_TESTS_HELP_CHANGE_H

#include "help_evidence.h"

/* The log's lines, as help_evidence_make() has them. */
enum { GENESIS, LOG_ANCHOR, ROOT_ANCHOR, BATCH, AUTHORISE_1, AUTHORISE_2, PLAN, ISSUED };

/* What may be changed, made anew for each change; h is not. */
extern struct change_fix {
    struct help_evidence h;
    struct evidence e; /* a copy of h's, and what is read of it */
    struct evidence_facts f;
    struct policy policy; /* a copy, and the first row of its tables, which it has */
    struct policy_authority authority;
    struct policy_person person;
    struct policy_key root;
    struct policy_profile profile;
    const char *anchors;
    struct diag d;
    struct evidence_verdict verdict;
} change_fix;

/* A checked fixture. */
void change_set_up(void);
void change_tear_down(void);

/* A line of the log as it was read, and a field of it, whose reference is taken. */
struct record *change_record(int line);
void change_field(int line, const char *key, json_t *value);

/* Let the plan have been made under the changed policy. */
void change_adopt(void);

struct change {
    void (*make)(void);
    enum err want;
    const char *words; /* in what is told; NULL: any */
};

void change_expect(const char *name, const struct change *c);
void change_expect_all(const struct change *all, size_t n);
#define EXPECT_ALL(all) change_expect_all(all, sizeof(all) / sizeof(all)[0])

#endif
