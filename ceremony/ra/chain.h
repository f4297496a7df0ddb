/* chain.h - the part of the audit log that a bundle carries: from the batch's intent to its seal.
 */
#ifndef ROOTSEAL_RA_CHAIN_H
#define ROOTSEAL_RA_CHAIN_H

#include "log/seal.h"
#include "ra/lines.h"
#include "ra/manifest.h"

/* Prove of log.jsonl: every line is in canonical form (E_LOG_FORMAT); the numbers run from
 * log-first to log-last, each line names the digest of the one before by the seal's hash, and time
 * never runs backwards; the last line is the seal line over the line before it, with what seal.json
 * says (E_LOG_CHAIN); the first line is the intent of this batch with the plan, policy and counts
 * that bundle.json names (E_BUNDLE_ANSWER). The seal's signature is the caller's to verify. */
ERR_MUST_USE enum err chain_check(struct lines log, const struct manifest *m,
                                  const struct seal *seal, struct diag *d);

#endif
