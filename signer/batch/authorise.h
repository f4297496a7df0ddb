/* authorise.h - officers over the digest of a plan, or of what a step of a ceremony certifies: k of n.
 *
 * What an officer signs (detached; either form of cms_parse_person() is read) is one of these texts, so that the
 * signature can mean nothing else:
 *
 *     rootseal-authorise-1                          rootseal-certify-1
 *     plan <digest of the plan>                     ceremony <its name>
 *                                                   file <SHA-256 of its ceremony.yaml>
 *                                                   step <number>
 *                                                   tbs <SHA-256 of step-N.tbs>
 *
 * digests in lower-case hexadecimal, each line ended by a newline. It is kept beside the plan as
 * authorise-<first 16 digits>-<officer>.p7s, in the ceremony's record as authorise-<N>-<first 16 digits>-<officer>.p7s.
 */
#ifndef ROOTSEAL_BATCH_AUTHORISE_H
#define ROOTSEAL_BATCH_AUTHORISE_H

#include <openssl/x509.h>

#include "core/diag.h"
#include "core/digest.h"
#include "core/limits.h"
#include "policy/policy.h"

/* What is authorised. */
struct authorise_what {
    const uint8_t *digest; /* of the plan, or of step-N.tbs */
    const char *ceremony;  /* NULL: it is a plan, and the rest is nothing */
    const uint8_t *file;
    int step;
};

struct authorisation {
    const struct policy_officer *officer;
    uint8_t certificate[DIGEST_LEN]; /* SHA-256 of the officer's certificate */
    uint8_t signature[DIGEST_LEN];   /* SHA-256 of the file */
};

struct authorisations {
    struct authorisation by[LIMIT_OFFICERS];
    size_t n;
};

/* The file with what this officer signs. */
#define AUTHORISE_NAME (32 + 16 + LIMIT_TOKEN_TEXT) /* bytes that suffice */
void authorise_name(const struct policy_officer *officer, const struct authorise_what *what, char out[AUTHORISE_NAME]);

/* Append the text that is signed. */
ERR_MUST_USE enum err authorise_text(const struct authorise_what *what, struct buf *out);

/* Verify an officer's detached signature over a text of ours, with the pinned certificate, which must be valid at `now`; name
 * is the file's. E_OFFICER when it is not by this officer or the certificate was not valid, E_OFFICER_SIGNATURE when it does not
 * fit the text. */
ERR_MUST_USE enum err authorise_verify(const struct policy_officer *officer, const char *name, struct span bytes,
                                       struct span text, int64_t now, struct diag *d);

/* Verify the files in the folder of the plan, or of the ceremony's record. Each must be by the officer it is named after, with a certificate valid at `now`
 * (E_OFFICER_SIGNATURE, E_OFFICER); no quorum is asked for here. */
ERR_MUST_USE enum err authorise_collect(int dir_fd, const struct policy *p, const struct authorise_what *what, int64_t now,
                                        struct authorisations *out, struct diag *d);

/* The same, and E_QUORUM when there are fewer than the policy asks for. */
ERR_MUST_USE enum err authorise_check(int dir_fd, const struct policy *p, const struct authorise_what *what, int64_t now,
                                      struct authorisations *out, struct diag *d);

/* What signs for an officer: append the detached CMS signature (cms_sign()) over text, with the key of the officer's pinned
 * certificate, wherever that is. */
struct authorise_hand {
    enum err (*sign)(void *arg, const struct policy_officer *officer, struct span text, int64_t now, struct buf *out,
                     struct diag *d);
    void *arg;
};

/* Have the text signed as this officer, verify what came, and put it beside the plan, synced. Before the hand is
 * asked: E_OFFICER_TWICE when the officer has authorised this before; a damaged file of the officer's is replaced;
 * E_OFFICER when the certificate is not valid at `now`. Then errors of the hand, and E_OFFICER or E_OFFICER_SIGNATURE when
 * what came is not the officer's signature. */
ERR_MUST_USE enum err authorise_sign(int dir_fd, const struct policy_officer *officer, const struct authorise_hand *hand,
                                     const struct authorise_what *what, int64_t now, struct diag *d);

#endif
