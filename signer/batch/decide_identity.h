/* decide_identity.h - a request's identity fields against its policy row. */
#ifndef ROOTSEAL_BATCH_DECIDE_IDENTITY_H
#define ROOTSEAL_BATCH_DECIDE_IDENTITY_H

#include "batch/decide.h"

/* With o->subject decided, fill o->identity with the extensions, o->override_ with the fields whose check digit was
 * overridden, and why, and o->subject_digest. Errors of identity_from_request(); E_OVERRIDE for an override where nothing needs one. */
ERR_MUST_USE enum err decide_identity(const struct decider *c, struct decision *o, struct diag *d);

#endif
