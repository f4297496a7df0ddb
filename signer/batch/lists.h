/* lists.h - revocation lists: what they say comes out of an index. And the world of a plan that has such, or OCSP responses. */
#ifndef ROOTSEAL_BATCH_LISTS_H
#define ROOTSEAL_BATCH_LISTS_H

#include "batch/effects.h"
#include "log/index.h"
#include "pki/crl.h"

/* The world of a plan on an index. Between begin and end whatever items do is in force there, as if the plan's intent were
 * the log line `line`, and nowhere else; lists_end() takes all of it back. Nothing else may change the index meanwhile. */
struct lists {
    struct index *index;
    uint64_t line;
    struct effects_world world;
};
ERR_MUST_USE enum err lists_begin(struct lists *l, struct index *index, uint64_t line, struct diag *d);
void lists_end(struct lists *l);

/* All that a list says but its entries. Borrows from the issuer. */
struct crl_head lists_head(const struct plan_header *h, const struct issuer *issuer, const struct plan_crl *c);

/* Go through a plan: each of its lists, and its OCSP responses (batch/responses.h), must be what the index gives, which
 * knows of all outcome lines before the plan's
 * intent, and of none after it. E_PLAN_STALE. issuer() as in replay.h. The plan stands at its first item before and after. */
ERR_MUST_USE enum err lists_check(struct lists *l, struct plan *plan,
                                  enum err (*issuer)(void *arg, const char *key, const struct issuer **out, struct diag *d),
                                  void *arg, struct diag *d);

/* Write the TBSCertList that this item stands for to fd (-1: nowhere), hashing it into sign (NULL: not), from the index
 * after all outcome lines before it. E_PLAN_STALE when it is not the one that was planned. */
ERR_MUST_USE enum err lists_write_tbs(struct index *x, const struct plan_header *h, const struct issuer *issuer,
                                      const struct plan_item *item, int fd, struct prehash *sign, struct diag *d);

/* The file of a list in a bundle: KEY-NUMBER.crl. */
#define LISTS_NAME (LIMIT_TOKEN_TEXT + 32)
void lists_name(const char *key, int64_t number, char out[LISTS_NAME]);

#endif
