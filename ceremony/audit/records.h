/* records.h - the files in the records of ceremonies, of which log, transcript and policy name each. */
#ifndef ROOTSEAL_AUDIT_RECORDS_H
#define ROOTSEAL_AUDIT_RECORDS_H

#include "core/diag.h"

struct audit;

/* This file of this ceremony's record was named, whether it is there and good or not. */
ERR_MUST_USE enum err records_name(struct audit *a, const char *ceremony, const char *file);

/* After the log: a folder of a ceremony that the log does not have, and a file that nothing names, are noted. A signature of minutes
 * by who has no key for it is E_MINUTES_SIGNATURE. */
ERR_MUST_USE enum err records_finish(struct audit *a);

#endif
