/* cause.h - why OpenSSL said no: the input, or the machine. */
#ifndef ROOTSEAL_PKI_CAUSE_H
#define ROOTSEAL_PKI_CAUSE_H

#include "core/diag.h"

/* After a call of OpenSSL that failed: E_NO_MEMORY when its error queue or starved_take() tells of an allocation that
 * failed, else
 * `otherwise`. Without this a machine that is short of memory would refuse good requests for good. Empties the queue. */
ERR_MUST_USE enum err cause_take(enum err otherwise);

/* The same for what a function is about to return with its diag: success and E_NO_MEMORY stay. */
ERR_MUST_USE enum err cause_settle(enum err e, struct diag *d, const char *what);

#endif
