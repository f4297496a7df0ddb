/* ceremonies.h - the lines that a ceremony leaves in the log, and the files in STATE/ceremonies/ that they name. */
#ifndef ROOTSEAL_AUDIT_CEREMONIES_H
#define ROOTSEAL_AUDIT_CEREMONIES_H

#include "core/err.h"
#include "log/record.h"

struct audit;

/* Take a ceremony, time, exception or minutes line. Its file and minutes must be there, with the digests that the line
 * says; ceremonies and exceptions are noted. */
ERR_MUST_USE enum err ceremonies_take(struct audit *a, const struct record *r);

#endif
