/* cmc_keep.h - the folder at the desk where the originals of CMC requests are kept: ID.cmc each, and beside it ID.batch, a line
 * that names the batch that it was taken into: authority, RA and id of the batch.
 *
 * It is what tells a request that comes a second time, so one folder serves all batches of an RA and is kept as long as they. */
#ifndef ROOTSEAL_RA_CMC_KEEP_H
#define ROOTSEAL_RA_CMC_KEEP_H

#include "ra/cmc.h"
#include "ra/cmc_repeat.h"
#include "ra/desk.h"

/* Zero-initialise with fd -1; close with cmc_keep_close(). */
struct cmc_keep {
    int fd;
    const char *path;
    const struct desk *desk; /* the batch */
};

/* Open the folder, made when it is missing, and lock it until it is closed. E_USAGE when it is the batch's own, which goes to the
 * appliance; E_BATCH_LOCKED when another cmc-in is at work there. */
ERR_MUST_USE enum err cmc_keep_open(const char *path, const struct desk *k, struct cmc_keep *out, struct diag *d);

/* Is this PKIData, whatever the file around it, in none of the originals? E_CMC_REPEATED when it was taken into another batch, or
 * this one has that original as evidence. One that was kept for this batch, which has it not, is of a run that was interrupted.
 * E_FOLDER_OCCUPIED when something called *.cmc is no such request: then nobody knows what it was. */
ERR_MUST_USE enum err cmc_keep_check(const struct cmc_keep *k, const struct cmc *c, const struct cmc_repeat *batch, struct diag *d);

/* Keep the original under this id: it is there for good before the batch names it. E_FOLDER_OCCUPIED when another has the id. */
ERR_MUST_USE enum err cmc_keep_put(const struct cmc_keep *k, const char *id, struct span file, struct diag *d);

void cmc_keep_close(struct cmc_keep *k);

#endif
