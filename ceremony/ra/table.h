/* table.h - a table of requests: CSV, a header row, one request a row (rootseal-ra(1)). */
#ifndef ROOTSEAL_RA_TABLE_H
#define ROOTSEAL_RA_TABLE_H

#include "ra/addition.h"
#include "ra/draft.h"

/* Add a request for each row of the file; what it names lies where it lies itself. `operator` (may be NULL) is who keyed
 * them in where the table does not say. Every error is told on stderr, with line and column; the first one is returned, with
 * how many there are, and then nothing may be made of *a. E_CSV, E_FIELD_UNKNOWN for a column that there is not,
 * E_NO_REQUESTS; errors of draft_request() and addition_put(). */
ERR_MUST_USE enum err table_add(struct addition *a, const char *path, const char *operator_, struct diag *d);

#endif
