/* ceremonies.h - the lines that a ceremony leaves in the log, and the files in STATE/ceremonies/ that they name. */
#ifndef ROOTSEAL_AUDIT_CEREMONIES_H
#define ROOTSEAL_AUDIT_CEREMONIES_H

#include "core/diag.h"
#include "log/record.h"

struct audit;

/* Open the record of this ceremony, the folder STATE/ceremonies/NAME/. E_ARCHIVE when it is not there; *fd is -1 then. */
ERR_MUST_USE enum err ceremonies_open(const struct audit *a, const char *name, int *fd, struct diag *d);

/* Take a ceremony, time, step, exception or minutes line. Its file and minutes must be there, with the digests that the line
 * says; ceremonies and exceptions are noted. */
ERR_MUST_USE enum err ceremonies_take(struct audit *a, const struct record *r);

#endif
