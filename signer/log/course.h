/* course.h - how far ceremonies have come, by the log's lines alone.
 *
 * A `ceremony` line begins one, or says from where it goes on: "done" of its steps are over and the others are not, whatever
 * lines came before. A `step` or an `exception` line ends the next step and names the transcript as it was then. Whether such
 * lines are true is said by the token that was told of them (batch/untold.h).
 */
#ifndef ROOTSEAL_LOG_COURSE_H
#define ROOTSEAL_LOG_COURSE_H

#include "core/limits.h"
#include "log/record.h"

struct course {
    char name[LIMIT_TOKEN_TEXT + 1];
    uint8_t file[DIGEST_LEN]; /* of the file that says what is done */
    int64_t steps, done;      /* how many it has, and how many are over */
    int64_t told;             /* how many were when the token last heard of the log; for whoever asks it */
    uint8_t (*over)[DIGEST_LEN]; /* of each step that is over: digest of the transcript up to its end */
};

/* All ceremonies of a log, in the order of their first lines. Zero-initialise; free with courses_free(). */
struct courses {
    struct course *v;
    size_t n;
};

/* The ceremony of that name, or NULL; valid until the next courses_take(). */
struct course *courses_find(const struct courses *all, const char *name);

/* Take a line; those that are of no ceremony pass. E_LOG_ORDER when it does not follow from the lines before it: of a
 * ceremony that was not begun, or with another file; out of the order of the steps; certificates of a step that is not the
 * next; minutes before all other steps are over. */
ERR_MUST_USE enum err courses_take(struct courses *all, const struct record *r, struct diag *d);

void courses_free(struct courses *all);

#endif
