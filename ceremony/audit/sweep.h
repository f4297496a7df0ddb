/* sweep.h - after the log: is there anything in the state and its archive that the log should know of? */
#ifndef ROOTSEAL_AUDIT_SWEEP_H
#define ROOTSEAL_AUDIT_SWEEP_H

#include "core/err.h"

struct audit;

/* Go through the archive's folders. The log is written and synced before a bundle or a refusal is
 * put in its place, and a plan names the log it was decided on: where the log does not know them,
 * it lost its end (E_LOG_ROLLED_BACK). Files that nothing names are told, and what is no part of a state. */
ERR_MUST_USE enum err sweep_run(struct audit *a);

#endif
