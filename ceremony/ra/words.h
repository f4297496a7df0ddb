/* words.h - what a request asks for, in words. */
#ifndef ROOTSEAL_RA_WORDS_H
#define ROOTSEAL_RA_WORDS_H

#include "batch/request.h"

/* "a new certificate", "revoke 109d...: by the subscriber, lost", ...; cut when cap is too small, 400 always suffice.
 * Printable ASCII. */
void words_of_request(const struct request *r, char *out, size_t cap);

/* What kind of request it is, without what is its own: "a new certificate, person-sign", "revocation", ... */
void words_of_kind(const struct request *r, char *out, size_t cap);

#endif
