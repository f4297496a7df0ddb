/* authorise.h - officers over the plan's digest: k of n.
 *
 * What an officer signs (detached CMS) is this text, so that the signature can mean nothing else:
 *
 *     rootseal-authorise-1
 *     plan <SHA-256 of plan.jsonl, lower-case hexadecimal>
 *
 * each line ended by a newline. It is kept beside the plan as authorise-<first 16 digits>-<officer>.p7s.
 */
#ifndef ROOTSEAL_BATCH_AUTHORISE_H
#define ROOTSEAL_BATCH_AUTHORISE_H

#include <openssl/x509.h>

#include "core/diag.h"
#include "core/digest.h"
#include "core/limits.h"
#include "policy/policy.h"

struct authorisation {
    const struct policy_officer *officer;
    uint8_t certificate[DIGEST_LEN]; /* SHA-256 of the officer's certificate */
    uint8_t signature[DIGEST_LEN];   /* SHA-256 of the file */
};

struct authorisations {
    struct authorisation by[LIMIT_OFFICERS];
    size_t n;
};

/* Append the text that is signed. */
ERR_MUST_USE enum err authorise_text(const uint8_t plan[DIGEST_LEN], struct buf *out);

/* Verify an officer's detached CMS signature over a text of ours, with the pinned certificate, which must be valid at `now`; name
 * is the file's. E_OFFICER when it is not by this officer or the certificate was not valid, E_OFFICER_SIGNATURE when it does not
 * fit the text. */
ERR_MUST_USE enum err authorise_verify(const struct policy_officer *officer, const char *name, struct span bytes,
                                       struct span text, int64_t now, struct diag *d);

/* Verify the files beside the plan. Each must be by the officer it is named after, with a certificate valid at `now`
 * (E_OFFICER_SIGNATURE, E_OFFICER); no quorum is asked for here. */
ERR_MUST_USE enum err authorise_collect(int dir_fd, const struct policy *p, const uint8_t plan[DIGEST_LEN],
                                        int64_t now, struct authorisations *out, struct diag *d);

/* The same, and E_QUORUM when there are fewer than the policy asks for. */
ERR_MUST_USE enum err authorise_check(int dir_fd, const struct policy *p, const uint8_t plan[DIGEST_LEN], int64_t now,
                                      struct authorisations *out, struct diag *d);

/* What signs for an officer: append the detached CMS signature (cms_sign()) over text, with the key of the officer's pinned
 * certificate, wherever that is. */
struct authorise_hand {
    enum err (*sign)(void *arg, const struct policy_officer *officer, struct span text, int64_t now, struct buf *out,
                     struct diag *d);
    void *arg;
};

/* Have the plan's digest signed as this officer, verify what came, and put it beside the plan, synced. Before the hand is
 * asked: E_OFFICER_TWICE when the officer has authorised this plan before; a damaged file of the officer's is replaced;
 * E_OFFICER when the certificate is not valid at `now`. Then errors of the hand, and E_OFFICER or E_OFFICER_SIGNATURE when
 * what came is not the officer's signature. */
ERR_MUST_USE enum err authorise_sign(int dir_fd, const struct policy_officer *officer, const struct authorise_hand *hand,
                                     const uint8_t plan[DIGEST_LEN], int64_t now, struct diag *d);

#endif
