/* memory.h - allocations that fail when a test says so: the product's own, and those that OpenSSL and jansson
 * make through it (core/starved.h). The linker puts the functions of memory.c in front of malloc() and its like. What
 * libc allocates for itself is left alone, and what SQLite does unless memory_of_sqlite() was called. */
#ifndef ROOTSEAL_TESTS_MEMORY_H
#define ROOTSEAL_TESTS_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* The nth allocation from now (from 1) fails; with `and_on` every later one too. */
void memory_fail(uint64_t nth, bool and_on);

/* SQLite's allocations are among them from now on. False when it has begun its work in this process. */
bool memory_of_sqlite(void);

/* No more of that. True when an allocation has failed. */
bool memory_stop(void);

#endif
