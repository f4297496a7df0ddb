/* help_ocsp.h - an issuer, its responder and responses for the tests of pki/ocsp.h and its readers. */
#ifndef ROOTSEAL_TESTS_HELP_OCSP_H
#define ROOTSEAL_TESTS_HELP_OCSP_H

#include <openssl/x509.h>

#include "pki/key.h"
#include "pki/ocsp.h"
#include "pki/tbs.h"
#include "policy/policy.h"

#define HELP_OCSP_NOW 1780000000 /* 2026-05-28T20:26:40Z */

struct help_ocsp {
    struct policy_key ca_row, row; /* the CA's and the responder's */
    EVP_PKEY *ca_key, *key;
    X509 *ca, *responder;          /* the responder's is valid for 90 days from HELP_OCSP_NOW */
    struct buf ca_name, name, responder_der;
};

void help_ocsp_make(struct help_ocsp *h, enum sig_alg alg);
void help_ocsp_free(struct help_ocsp *h);

/* What the TBS of the responder's certificate is built from; key holds what the spec borrows. */
struct tbs_spec help_ocsp_spec(const struct help_ocsp *h, const struct key *key);

/* The status of the certificate 0x7b for a week from HELP_OCSP_NOW: good. */
struct ocsp_status help_ocsp_status(const struct help_ocsp *h);

/* The whole response, signed. */
void help_ocsp_response(const struct help_ocsp *h, const struct ocsp_status *s, struct buf *out);

#endif
