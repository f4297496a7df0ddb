/* crl.h - certificate revocation lists (RFC 5280 5, GM/T 0015-2012): the exact to-be-signed bytes of a full or a delta
 * CRL, written as a stream, and the CRL made of them.
 *
 * A list may have a million entries, so nothing holds them all: they come from a source that can be gone through twice,
 * once for the lengths that stand in front and once for the bytes. What is signed is a digest made meanwhile
 * (pki/prehash.h, hsm_sign_digest()); pki/crl_view.h reads the result back.
 */
#ifndef ROOTSEAL_PKI_CRL_H
#define ROOTSEAL_PKI_CRL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/diag.h"
#include "core/digest.h"
#include "pki/prehash.h"

#define CRL_SERIAL_MAX 20
#define CRL_REMOVE 8 /* removeFromCRL: what a delta says of a certificate that is on the base list no more */

/* One revoked certificate (RFC 5280 5.1.2.6). */
struct crl_entry {
    uint8_t serial[CRL_SERIAL_MAX]; /* big-endian, without leading zeros */
    size_t serial_n;
    int64_t revoked;                /* UTC seconds */
    int reason;                     /* CRLReason (5.3.1); 0, unspecified, is left out; CRL_REMOVE in deltas only */
};

/* Where entries come from, in strictly ascending order of their serial numbers. rewind() goes before the first one;
 * next() sets *more to false after the last. Both passes must give the same. */
struct crl_source {
    void *arg;
    enum err (*rewind)(void *arg, struct diag *d);
    enum err (*next)(void *arg, struct crl_entry *e, bool *more, struct diag *d);
};

/* Everything else that a list says. Spans and strings are borrowed. */
struct crl_head {
    struct span issuer;              /* DER Name */
    struct span aki;                 /* the issuer's key identifier */
    enum sig_alg alg;
    bool sm2_null;
    int64_t this_update, next_update; /* UTC seconds */
    uint64_t number;                 /* CRLNumber, at least 1: one sequence for full and delta lists */
    uint64_t base;                   /* the BaseCRLNumber of a delta; 0: a full list */
    const char *idp_url;             /* issuing distribution point, the same for a full list and its deltas; NULL: none */
    const char *freshest_url;        /* where the deltas of this full list are; NULL: none */
};

/* What was written. */
struct crl_written {
    uint64_t entries;
    size_t bytes;
    uint8_t sha256[DIGEST_LEN];
};

/* Write the DER TBSCertList at fd's position and hash it into sign as well; fd -1 writes nothing, sign NULL hashes nothing
 * else, so that a plan can name the bytes before there are any. The caller syncs. E_CRL_ENTRIES when the source's entries
 * are out of order, malformed (a reason that the list cannot have, a serial of no or too many bytes), or not the same in
 * the second pass; E_MEDIUM_LIMIT beyond LIMIT_CRL_BYTES; errors of the source and of file_write_all(). */
ERR_MUST_USE enum err crl_write_tbs(const struct crl_head *head, const struct crl_source *source, int fd,
                                    struct prehash *sign, struct crl_written *out, struct diag *d);

/* Write the CRL, SEQUENCE { tbs, AlgorithmIdentifier, BIT STRING } (RFC 5280 5.1), at out_fd's position: the TBS is the
 * first tbs_n bytes of tbs_fd, which must hold no more (E_IO). sha256 becomes the digest of the CRL's bytes. The caller
 * syncs, and verifies what is there with crl_verify(). */
ERR_MUST_USE enum err crl_assemble(int tbs_fd, size_t tbs_n, enum sig_alg alg, bool sm2_null, struct span signature,
                                   int out_fd, uint8_t sha256[DIGEST_LEN], struct diag *d);

/* -1, 0 or 1 as a's serial number is below, equal to or above b's. */
int crl_compare(const struct crl_entry *a, const struct crl_entry *b);

#endif
