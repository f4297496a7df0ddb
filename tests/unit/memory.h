/* memory.h - allocations that fail when a test says so: the product's own (the linker puts the functions of memory.c in
 * front of malloc() and its like), OpenSSL's and jansson's. What libc and SQLite allocate for themselves is left alone. */
#ifndef ROOTSEAL_TESTS_MEMORY_H
#define ROOTSEAL_TESTS_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* Once in a process, before OpenSSL allocates anything. */
void memory_watch(void);

/* The nth allocation from now (from 1) fails; with `and_on` every later one too. */
void memory_fail(uint64_t nth, bool and_on);

/* No more of that. True when an allocation has failed. */
bool memory_stop(void);

#endif
