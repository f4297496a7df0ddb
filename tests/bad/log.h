/* log.h - the logs that the kinds about the log spoil; made once. */
#ifndef ROOTSEAL_TESTS_BAD_LOG_H
#define ROOTSEAL_TESTS_BAD_LOG_H

#include "bad/bad.h"
#include "log/log.h"

#define LOG_LINES_MAX 32

/* A log with all positions it had. */
struct bad_log {
    struct buf bytes;
    size_t lines;
    struct log_position at[LOG_LINES_MAX + 1]; /* at[n]: after n lines */
};

/* A line of every type, as samples without meaning: for the reader. */
const struct bad_log *bad_log_samples(void);

/* One that `audit verify` finds whole: keys, certificates, two seals, and three lines behind them. Its anchors, as they
 * come by hand, are in the folder of the process that made it. */
const struct bad_log *bad_log_real(void);
const char *bad_log_anchors(void);

/* Lines dropped, doubled, swapped and changed in one character as mutate_lines and more do it, but every line numbered
 * and chained anew, so that only seals and witnesses can tell. */
extern const struct mutator mutate_forged;

/* Cut at every line's end, and, from there on, some lines of one's own added. */
extern const struct mutator mutate_rolled_back;

#endif
