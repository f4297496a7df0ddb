/* help_crl.h - lists of revoked certificates for the tests of pki/crl.h and its readers. */
#ifndef ROOTSEAL_TESTS_HELP_CRL_H
#define ROOTSEAL_TESTS_HELP_CRL_H

#include <openssl/x509.h>

#include "pki/crl.h"

#define HELP_CRL_NOW 1780000000 /* 2026-05-28T20:26:40Z */

/* A source over an array; crl_source's arg. */
struct help_entries {
    const struct crl_entry *v;
    size_t n, at;
};
struct crl_source help_crl_source(struct help_entries *entries);

/* An entry whose serial number has these hexadecimal digits. */
struct crl_entry help_crl_entry(const char *serial, int64_t revoked, int reason);

/* Four entries with every shape of serial number and reason that a full list can have. */
extern const struct crl_entry help_crl_entries[4];

/* A self-signed certificate that may sign certificates and CRLs, valid from 2024 to 2034. */
X509 *help_crl_issuer(EVP_PKEY *key, enum sig_alg alg);

/* A head for that issuer, valid for a week from HELP_CRL_NOW, number 7, with an IDP; borrowed from the certificate. */
struct crl_head help_crl_head(X509 *issuer, enum sig_alg alg);

/* The bytes of the TBSCertList. */
void help_crl_tbs(const struct crl_head *head, const struct crl_entry *entries, size_t n, struct buf *out);

/* The CRL of these two parts. */
void help_crl_join(const struct buf *tbs, enum sig_alg alg, bool sm2_null, const struct buf *signature, struct buf *out);

/* The CRL, signed by the key. */
void help_crl(const struct crl_head *head, const struct crl_entry *entries, size_t n, EVP_PKEY *key, struct buf *out);

/* A file in memory with these bytes, to be closed by the caller. */
int help_crl_file(struct span bytes);

/* The content of a file, from its start. */
void help_crl_read(int fd, struct buf *out);

#endif
