/* apart.h - a signature is made in a process of its own (core/step.h), which ends with what it held; what comes back is the
 * signature alone. */
#ifndef ROOTSEAL_CEREMONY_APART_H
#define ROOTSEAL_CEREMONY_APART_H

#include "core/buf.h"
#include "core/diag.h"

struct apart {
    const char *name;  /* of the process */
    const char *whose; /* signature, for what is told */
    /* In that process: shut it in, and append the signature, at most LIMIT_APPROVAL_BYTES. */
    enum err (*sign)(const void *arg, struct buf *out, struct diag *d);
    const void *arg;
    int keep_fd; /* what it reads passphrase or PIN from; -1: none */
};

/* Append what sign() made to out. Its errors; E_MEDIUM_LIMIT, E_STEP, E_NO_MEMORY. Call it before the first thread. */
ERR_MUST_USE enum err apart_sign(const struct apart *a, struct buf *out, struct diag *d);

#endif
