/* cmc_match.h - which requests of a batch a CMC request became. */
#ifndef ROOTSEAL_RA_CMC_MATCH_H
#define ROOTSEAL_RA_CMC_MATCH_H

#include "ra/cmc.h"
#include "ra/desk.h"

/* The requests whose evidence is this file, found by the number at the end of their ids: each body part once, asking for the
 * very same key and subject, or about the same certificate; E_CMC_OTHER. places has room for c->n numbers: of the
 * body part's request in the batch, from 0. */
ERR_MUST_USE enum err cmc_match(const struct cmc *c, const struct desk *k, size_t *places, struct diag *d);

#endif
