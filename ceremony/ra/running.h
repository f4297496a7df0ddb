/* running.h - a folder into which requests keep coming: what is new there since the last time is added to a batch.
 *
 * Each file stands for itself. A request that the batch has already is passed over, one that is still being written is left for
 * the next time, and what is wrong with one keeps none of the others out. */
#ifndef ROOTSEAL_RA_RUNNING_H
#define ROOTSEAL_RA_RUNNING_H

#include "ra/addition.h"
#include "ra/draft.h"

/* What became of the files, of all folders together. Zero-initialise. */
struct running {
    int64_t there;      /* in the batch already, the same */
    int64_t unfinished; /* told on stdout */
    int64_t refused;    /* told on stderr, up to a hundred of them */
    struct diag first;  /* of these */
};

/* Add the requests of the files *.csr, *.pem, *.der and *.req in this folder, in the order of their names, with a bar at a
 * terminal; `as` is what is asked for with each. E_MEDIUM, E_NO_REQUESTS when no file is called so; an error of draft_request()
 * in what `as` says is of all files, and is returned. */
ERR_MUST_USE enum err running_add(struct addition *a, const struct draft *as, const char *folder, struct running *out, struct diag *d);

/* After addition_finish(): tell how many were passed over, left and refused. The first refusal is returned. */
ERR_MUST_USE enum err running_finish(const struct running *r, struct diag *d);

#endif
