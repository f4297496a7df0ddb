/* results_csv.h - the table of an import: one row for each request, and for each list besides. */
#ifndef ROOTSEAL_RA_RESULTS_CSV_H
#define ROOTSEAL_RA_RESULTS_CSV_H

#include "ra/answers.h"

/* Append the table (rootseal-ra(1)). Failures are told by buf_err(). */
void results_csv(const struct answers *answers, struct buf *out);

#endif
