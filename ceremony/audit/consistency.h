/* consistency.h - that the log of a later seal continues the log of an earlier one: the proof, and its file.
 *
 * The file is one JSON object, in canonical form, that carries all it is about:
 * {"format":"rootseal-consistency-1","earlier":<seal.json>,"later":<seal.json>,"path":[<hex>,...]}; the path is that of RFC 9162 2.1.4.
 */
#ifndef ROOTSEAL_AUDIT_CONSISTENCY_H
#define ROOTSEAL_AUDIT_CONSISTENCY_H

#include "log/proof.h"
#include "log/seal.h"
#include "policy/policy.h"

struct consistency {
    struct seal earlier, later;
    struct proof proof;
};

/* Read a seal.json that a user named. E_IO, E_BUNDLE_FORMAT. End with seal_free(), on failure too. */
ERR_MUST_USE enum err consistency_read_seal(const char *path, struct seal *out, struct diag *d);

/* Make the proof from the log in this folder, whose lines are read up to the later seal; each seal must be over the lines that are
 * there. E_SEAL_OTHER when the log begins otherwise, E_LOG_SEAL, E_LOG_ROLLED_BACK when it is too short, and the codes of log_reader_next(). */
ERR_MUST_USE enum err consistency_prove(struct consistency *c, const char *state, struct diag *d);

/* Are both seals of one log, and does the proof lead from one to the other? E_LOG_SEAL, E_LOG_PROOF. */
ERR_MUST_USE enum err consistency_check(const struct consistency *c, struct diag *d);

/* Verify the signatures of both seals by the policy's log key, whose certificate is in this folder. E_MEDIUM, E_IO, E_LOG_SEAL. */
ERR_MUST_USE enum err consistency_check_signatures(const struct consistency *c, const struct policy *policy, const char *anchors,
                                                   struct diag *d);

/* The file, to and fro; of the file the path and the seals are taken. E_PROOF_FORMAT. */
ERR_MUST_USE enum err consistency_write(const struct consistency *c, struct buf *out);
ERR_MUST_USE enum err consistency_read(const char *path, struct consistency *out, struct diag *d);

void consistency_free(struct consistency *c);

#endif
