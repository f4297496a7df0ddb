/* help_index.h - an index in a folder of its own, and rows to put into it, for the tests of log/index.
 * Everything here fails the running test when it cannot do its work. */
#ifndef ROOTSEAL_TESTS_HELP_INDEX_H
#define ROOTSEAL_TESTS_HELP_INDEX_H

#include "log/index.h"

/* What help_index_set_up() makes. */
extern struct index_fix {
    char folder[64];
    char path[96]; /* of the index itself */
    struct index *x;
    struct diag d;
} index_fix;

void help_index_set_up(void);
void help_index_tear_down(void);
void help_index_reopen(void);

/* -- samples; the seed tells them apart -- */

struct log_position help_index_position(uint8_t seed);
struct index_batch help_index_batch(uint8_t seed, const char *ra, const char *id, int64_t sequence);
struct index_cert help_index_cert(const char *authority, uint8_t serial, uint8_t batch_seed, int64_t n, uint8_t key);
struct span help_index_bytes(const char *s);
void help_index_commit(uint8_t seed);

/* One row in every table. */
void help_index_fill(void);
void help_index_expect_filled(void);
void help_index_expect_empty(void);

#endif
