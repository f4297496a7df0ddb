/* help_log.h - a log in a folder of its own, for the tests of signer/log. Everything here fails the running test when it
 * cannot do its work. */
#ifndef ROOTSEAL_TESTS_HELP_LOG_H
#define ROOTSEAL_TESTS_HELP_LOG_H

#include "log/log.h"

/* The folder, open, and what was said last. */
extern char help_log_folder[64];
extern int help_log_dir;
extern struct diag help_log_diag;

/* A checked fixture. */
void help_log_set_up(void);
void help_log_tear_down(void);

void help_log_make(enum digest_alg hash, struct log **l);

/* A synced log of so many lines, every type among them. */
#define HELP_LOG_LINES (RECORD_TYPE_COUNT + 3)
struct log_position help_log_sample(enum digest_alg hash);

/* Read to the end or the first trouble. *torn is the number of torn bytes. */
enum err help_log_read_from(const struct log_position *from, struct log_position *end, size_t *torn);
enum err help_log_read_all(struct log_position *end, size_t *torn);

void help_log_same(const struct log_position *a, const struct log_position *b);

/* The file's bytes. */
void help_log_get(struct buf *content);
void help_log_put(const void *p, size_t n);
/* The line with this number (from 0), its newline included. */
struct span help_log_line(const struct buf *content, size_t number);

/* A log of one handwritten genesis line with this time. */
struct log_position help_log_genesis(int64_t time);

#endif
