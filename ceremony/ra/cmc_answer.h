/* cmc_answer.h - the response to a CMC request, from the bundle that answers its batch. */
#ifndef ROOTSEAL_RA_CMC_ANSWER_H
#define ROOTSEAL_RA_CMC_ANSWER_H

#include "ra/cmc_write.h"
#include "ra/desk.h"

/* Fill *out for cmc_write(): what became of each body part, and the certificates that were issued to them, with those of
 * their issuers. With no answers (NULL) everything is pending until the batch ends. Errors of cmc_match(). It points into c
 * and the answers; end with cmc_answer_free(), on failure too. */
ERR_MUST_USE enum err cmc_answer(const struct cmc *c, const struct desk *k, const struct answers *answers,
                                 struct cmc_response *out, struct diag *d);
void cmc_answer_free(struct cmc_response *r);

#endif
