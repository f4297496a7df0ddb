/* crl_view.h - a CRL read from a file without holding it: what it says, then its entries one by one.
 *
 * It shares no code with the builder (pki/crl.h) but the form of an entry. Strict: DER to the last byte, RFC 5280 5 and
 * nothing beyond what our lists have: version 2, nextUpdate, key identifier, CRL number, and perhaps the delta indicator,
 * one distribution point and one place of deltas; entries in ascending order, with a reason at most. Whoever has read
 * all entries without an error has seen every byte.
 */
#ifndef ROOTSEAL_PKI_CRL_VIEW_H
#define ROOTSEAL_PKI_CRL_VIEW_H

#include <openssl/x509.h>

#include "core/diag.h"
#include "pki/crl.h"

#define CRL_URL_MAX 512

/* Facts of the list; spans lie in the view. */
struct crl_facts {
    enum sig_alg alg;
    struct span alg_id;                /* its AlgorithmIdentifier; the outer one is the same */
    struct span issuer;                /* DER Name */
    struct span aki;
    int64_t this_update, next_update;
    uint64_t number, base;             /* base 0: a full list */
    char idp_url[CRL_URL_MAX + 1];     /* "": none */
    char freshest_url[CRL_URL_MAX + 1];
    size_t tbs_n;                      /* bytes of the TBSCertList */
    struct span signature;             /* empty in a bare TBSCertList */
};

/* Read the head and the end of the CRL in fd, which stays the caller's and must not change meanwhile; with tbs_only fd
 * holds a bare TBSCertList. E_CRL_FORMAT when it is none in this form, E_MEDIUM_LIMIT when it is larger than
 * LIMIT_CRL_BYTES, E_IO, E_NO_MEMORY. crl_view_close() it; NULL is allowed. */
struct crl_view;
ERR_MUST_USE enum err crl_view_open(int fd, bool tbs_only, struct crl_view **out, struct diag *d);
void crl_view_close(struct crl_view *v);

const struct crl_facts *crl_view_facts(const struct crl_view *v);

/* Begin with the first entry. */
void crl_view_rewind(struct crl_view *v);

/* The next entry; *more is false after the last. E_CRL_FORMAT, E_IO. */
ERR_MUST_USE enum err crl_view_next(struct crl_view *v, struct crl_entry *e, bool *more, struct diag *d);

/* The entries as a source for the next list; good as long as the view is. */
struct crl_source crl_view_source(struct crl_view *v);

/* SHA-256 of the TBSCertList's bytes. E_IO, E_CRYPTO, E_NO_MEMORY. */
ERR_MUST_USE enum err crl_view_digest(struct crl_view *v, uint8_t sha256[DIGEST_LEN], struct diag *d);

/* Verify the signature with the issuer's key, SM2 under SM2_ID. E_CRL_SIGNATURE when it does not, and for a bare
 * TBSCertList; E_IO, E_CRYPTO. */
ERR_MUST_USE enum err crl_verify(struct crl_view *v, EVP_PKEY *issuer, struct diag *d);

#endif
