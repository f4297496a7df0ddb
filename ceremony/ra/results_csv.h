/* results_csv.h - the table of an import: one row for each request, and for each list besides. */
#ifndef ROOTSEAL_RA_RESULTS_CSV_H
#define ROOTSEAL_RA_RESULTS_CSV_H

#include "ra/answers.h"

/* Write the table (rootseal-ra(1)) into a spool of this folder. */
ERR_MUST_USE enum err results_csv(const struct answers *answers, int folder, struct spool *out, struct diag *d);

#endif
