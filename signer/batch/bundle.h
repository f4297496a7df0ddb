/* bundle.h - the answer to a batch, for the RA (rootseal-formats(5)).
 *
 *     results.jsonl   one line a request: issued or refused, with code, clause, serial, certificate, log line
 *     certs.p7b       the certificates in the batch's order, then their issuers' (RFC 2315 degenerate SignedData)
 *     chain.pem       the issuers; the bundle key's own certificate when nothing was issued
 *     log.jsonl       the log's lines from the batch's intent to its seal
 *     seal.json       the seal
 *     KEY-NUMBER.crl  each revocation list that the batch asked for or made necessary
 *     bundle.json     names each of these with its digest
 *     bundle.p7s      the bundle key's CMS signature over bundle.json
 *
 * Everything but bundle.p7s follows from log and archive alone, so building it again gives the same bytes.
 */
#ifndef ROOTSEAL_BATCH_BUNDLE_H
#define ROOTSEAL_BATCH_BUNDLE_H

#include "batch/plan.h"
#include "batch/state.h"

struct hsm_key;

#define BUNDLE_DIR "bundle"
#define BUNDLE_FORMAT "rootseal-bundle-1"
#define BUNDLE_FILE "bundle.json"
#define BUNDLE_SIGNATURE "bundle.p7s"
#define BUNDLE_RESULTS "results.jsonl"
#define BUNDLE_CERTS "certs.p7b"
#define BUNDLE_CHAIN "chain.pem"
#define BUNDLE_LOG "log.jsonl"
#define BUNDLE_SEAL "seal.json"

/* Is the finished bundle there, with its signature? */
bool bundle_stands(int dir_fd);

struct bundle; /* being built, in bundle.tmp/ beside the plan */

/* Begin it when the batch's intent is in the log, and bundle_follow() the log while it grows. The plan must outlive it. End
 * with bundle_close(), on failure too; NULL is allowed there. */
ERR_MUST_USE enum err bundle_begin(struct state *s, int dir_fd, const struct plan *plan, const struct index_batch *row,
                                   struct bundle **out, struct diag *d);
ERR_MUST_USE enum err bundle_follow(struct bundle *b, struct diag *d);

/* Finish everything but the signature, synced. The batch is answered and sealed in the log; digest is that of bundle.json. */
ERR_MUST_USE enum err bundle_build(struct bundle *b, struct state *s, const struct plan *plan,
                                   const struct index_batch *row, uint8_t digest[DIGEST_LEN], struct diag *d);
void bundle_close(struct bundle *b);

/* Sign bundle.json of bundle.tmp/ with the bundle key and rename the folder to bundle/. */
ERR_MUST_USE enum err bundle_sign(struct state *s, int dir_fd, struct hsm_key *bundle_key, struct diag *d);

#endif
