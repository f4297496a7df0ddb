/* words.h - what a request asks for, and what a batch still lacks, in words. */
#ifndef ROOTSEAL_RA_WORDS_H
#define ROOTSEAL_RA_WORDS_H

#include "batch/request.h"
#include "ra/desk.h"

/* "a new certificate", "revoke 109d...: by the subscriber, lost", ...; cut when cap is too small, 400 always suffice.
 * Printable ASCII. */
void words_of_request(const struct request *r, char *out, size_t cap);

/* What kind of request it is, without what is its own: "a new certificate, person-sign", "revocation", ... */
void words_of_kind(const struct request *r, char *out, size_t cap);

/* Whether the batch has all its approvals at that time (UTC seconds), or what is still in the way, whoever has to do it:
 * every role that lacks some. Of an authority that this program does not know there is only that to be said. */
#define WORDS_APPROVALS (DIAG_TEXT_MAX + 200)
void words_of_approvals(const struct desk *k, int64_t now, char *out, size_t cap);

#endif
