/* cmc_repeat.h - what a batch holds already, so that no CMC request is taken into it twice. */
#ifndef ROOTSEAL_RA_CMC_REPEAT_H
#define ROOTSEAL_RA_CMC_REPEAT_H

#include "batch/request.h"
#include "core/set.h"
#include "ra/desk.h"

/* Zero-initialise; free with cmc_repeat_free(). */
struct cmc_repeat {
    struct set asked;    /* digest of what a request asks for → its line in batch.jsonl; 0 for one that is not there yet */
    struct set evidence; /* digests of applicants' files → the same */
};

/* Read the batch, whose lines are all right. E_NO_MEMORY, E_CRYPTO. */
ERR_MUST_USE enum err cmc_repeat_read(const struct desk *k, struct cmc_repeat *out, struct diag *d);

/* Is a file with this digest no request's evidence? E_CMC_REPEATED. */
ERR_MUST_USE enum err cmc_repeat_check(const struct cmc_repeat *r, const uint8_t digest[DIGEST_LEN], struct diag *d);

/* One more request. E_CMC_REPEATED when one asks for the same: all its fields are alike, besides its id, who keyed it in and when,
 * its evidence, and who the issuer is said to be. */
ERR_MUST_USE enum err cmc_repeat_put(struct cmc_repeat *r, const struct request *request, struct diag *d);

void cmc_repeat_free(struct cmc_repeat *r);

#endif
