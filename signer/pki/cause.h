/* cause.h - why OpenSSL said no: the input, or the machine. */
#ifndef ROOTSEAL_PKI_CAUSE_H
#define ROOTSEAL_PKI_CAUSE_H

#include "core/err.h"

/* After a call of OpenSSL that failed: E_NO_MEMORY when its error queue tells of an allocation that failed, else
 * `otherwise`. Without this a machine that is short of memory would refuse good requests for good. Empties the queue. */
ERR_MUST_USE enum err cause_take(enum err otherwise);

#endif
