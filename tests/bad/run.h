/* run.h - all bad inputs of a kind through its judge, in child processes under limits of time and memory. */
#ifndef ROOTSEAL_TESTS_BAD_RUN_H
#define ROOTSEAL_TESTS_BAD_RUN_H

#include "bad/bad.h"

struct tally {
    size_t passed, failed;
    size_t refused, same; /* of those that passed */
    size_t distinct;      /* of those that are not the good input itself, by SHA-256 */
};

/* Every step-th input of the kind. What fails is told on stdout, the first few of a kind, and kept in a file. */
void run_kind(const struct kind *kind, size_t step, struct tally *out);

/* How many distinct ones there were so far, over all kinds. */
size_t run_distinct(void);

#endif
