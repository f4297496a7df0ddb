/* lines.h - lines of a file that is in memory. */
#ifndef ROOTSEAL_RA_LINES_H
#define ROOTSEAL_RA_LINES_H

#include <stdbool.h>

#include "core/buf.h"

/* Initialise rest with the whole file. */
struct lines {
    struct span rest;
    uint64_t number; /* of the line last returned, from 1 */
};

/* Take the next line, without its newline; false at the end. *whole (may be NULL) is false for a
 * last line that has no newline. */
bool lines_next(struct lines *l, struct span *line, bool *whole);

#endif
