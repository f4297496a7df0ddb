/* lines.h - lines of a file that is in memory. */
#ifndef ROOTSEAL_RA_LINES_H
#define ROOTSEAL_RA_LINES_H

#include <stdbool.h>

#include "ra/spool.h"

/* Initialise rest with the whole file. A plain value, may be copied. */
struct lines {
    struct span rest;
    uint64_t number;           /* of the line last returned, from 1 */
    const struct spool *spool; /* where it lies, to let go of what was passed; NULL when it is all in memory */
    size_t passed;             /* bytes since it last did */
};

struct lines lines_of(const struct spool *s);

/* Take the next line, without its newline; false at the end. *whole (may be NULL) is false for a
 * last line that has no newline. */
bool lines_next(struct lines *l, struct span *line, bool *whole);

#endif
