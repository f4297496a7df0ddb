/* mutants.h - DER with one element spoilt, and the lengths around it right: what a careful forger sends. */
#ifndef ROOTSEAL_TESTS_MUTANTS_H
#define ROOTSEAL_TESTS_MUTANTS_H

#include "core/buf.h"

/* Call f for each element of the DER, however deep and inside OCTET STRINGs that hold DER too, deleted, doubled, emptied,
 * with another tag, with an element more, a byte more, or its first byte changed. Returns how many mutants there were. */
size_t mutants_each(struct span der, void (*f)(struct span mutant));

#endif
