/* signing.h - an authorised plan becomes signatures, log lines and a sealed bundle.
 *
 * The order is the promise: quorum and lint; authorisations and plan in the log, synced (the intent); only then
 * C_Sign; every signature verified; every outcome appended in plan order and synced; seal; bundle. Any crash in
 * between is repaired by doing the same again: what the log already answers is not done twice.
 */
#ifndef ROOTSEAL_BATCH_SIGNING_H
#define ROOTSEAL_BATCH_SIGNING_H

#include "batch/authorise.h"
#include "batch/bundle.h"
#include "batch/outcomes.h"
#include "batch/plan.h"
#include "batch/planner.h"
#include "batch/state.h"
#include "hsm/hsm.h"

struct signing {
    struct state *state;
    int dir_fd;                 /* the batch's folder in the archive */
    struct plan plan;
    struct bundle *bundle;      /* being built from the intent on */
    struct index_batch row;     /* from the log, when there is an intent */
    bool intent;                /* the plan is in the log already */
    bool done;                  /* so is everything else, and the bundle stands */
    struct authorisations authorisations;
    struct issuers issuers;     /* of everything in the plan */
    uint64_t signatures;        /* made in this run */
};

/* Everything that can be checked without the token: the plan in the archive is whole, is good (batch/standing.h) now or,
 * when it is in the log already, was good in its line, and has its quorum; every TBS passes the lint. E_PLAN_...,
 * E_SEQUENCE, E_BATCH_REPLAYED, E_PREVIOUS, E_QUORUM, E_OFFICER..., E_LINT, E_ARCHIVE. End with signing_close(), on
 * failure too. */
ERR_MUST_USE enum err signing_prepare(struct state *s, const uint8_t intake[DIGEST_LEN], struct signing *out,
                                      struct diag *d);

/* Sign what is not signed yet, seal, and build the bundle. The token is logged in. An intent
 * that the token was never told of must be good now: batch/untold.h. With `done` there is nothing to do. */
ERR_MUST_USE enum err signing_run(struct signing *g, struct hsm *h, int sessions, const struct progress *progress,
                                  struct diag *d);
void signing_close(struct signing *g);

#endif
