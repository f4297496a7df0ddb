/* own_batch.h - a batch that the appliance makes itself, to ask for its own revocation lists or OCSP responses.
 *
 * It goes the way of every batch but for the approvals: nobody's application is in it (batch/header.h, HEADER_OWN_RA).
 */
#ifndef ROOTSEAL_BATCH_OWN_BATCH_H
#define ROOTSEAL_BATCH_OWN_BATCH_H

#include "batch/intake.h"
#include "batch/op.h"
#include "batch/state.h"

/* Put a batch into the archive that asks for this (OP_CRL, OP_DELTA_CRL or OP_OCSP) of each of the authority's keys of which
 * it can be asked, or of the one with this name (NULL: all). E_AUTHORITY, E_LIST_KEY when there is no such key;
 * E_OP_NOT_OFFERED when the authority has no responder. */
ERR_MUST_USE enum err own_batch_make(struct state *s, const char *authority, const char *key, enum op op,
                                     struct intake *out, struct diag *d);

#endif
