#include "batch/signing.h"

#include <string.h>
#include <unistd.h>

#include "batch/bundle.h"
#include "batch/lint_plan.h"
#include "batch/own_key.h"
#include "batch/recheck.h"
#include "batch/sealing.h"
#include "batch/standing.h"
#include "batch/untold.h"
#include "batch/vouching.h"
#include "batch/witness.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/version.h"
#include "hsm/sign.h"
#include "log/merkle_lines.h"

/* The planner asked a cache; this index was made from the log, or the token vouches for it. */
static enum err check_order(struct signing *g, struct diag *d)
{
    struct batch_header header;
    uint8_t digest[DIGEST_LEN];
    enum err e = merkle_lines_root_file(g->dir_fd, BATCH_FILE, LIMIT_BATCH_BYTES, digest, d);
    if (e == E_OK && memcmp(digest, g->plan.header.batch, DIGEST_LEN) != 0)
        e = diag_set(d, E_ARCHIVE, "%s is not the one of the plan", BATCH_FILE);
    if (e == E_OK)
        e = header_read(g->dir_fd, &header, d);
    return e != E_OK ? e : standing_check_order(g->state, &header, g->intent ? g->row.plan_seq : INDEX_NOW, d);
}

static enum err check_standing(struct signing *g, const uint8_t intake[DIGEST_LEN], struct diag *d)
{
    const struct plan_header *h = &g->plan.header;
    if (memcmp(h->intake, intake, DIGEST_LEN) != 0)
        return diag_set(d, E_PLAN_DIGEST, "the plan is of another batch");
    enum err e = index_batch_by_digest(g->state->index, h->batch, &g->row, &g->intent, d);
    if (e != E_OK)
        return e;
    if (g->intent && (memcmp(g->row.intake, intake, DIGEST_LEN) != 0 ||
                      memcmp(g->row.plan, g->plan.digest, DIGEST_LEN) != 0))
        return diag_set(d, E_PLAN_DIGEST, "the log names another plan for this batch");
    g->done = g->intent && g->row.bundle_seq > 0 && bundle_stands(g->dir_fd);
    if (g->done)
        return E_OK;
    if (g->intent)
        e = standing_check_intent(g->state, h, &g->row, d);
    else
        e = standing_check_plan(g->state, h, INDEX_NOW, clock_now(), d);
    if (e == E_OK)
        e = check_order(g, d);
    /* a line in the log is no authorisation: the quorum is asked for again, as of the time of the intent */
    int64_t when = g->intent ? g->row.before.time : clock_now();
    if (e == E_OK)
        e = authorise_check(g->dir_fd, g->state->policy, &(struct authorise_what){.digest = g->plan.digest}, when, &g->authorisations, d);
    return e;
}

enum err signing_prepare(struct state *s, const uint8_t intake[DIGEST_LEN], struct signing *out, struct diag *d)
{
    *out = (struct signing){.state = s, .dir_fd = -1};
    enum err e = state_open_batch(s, intake, &out->dir_fd, d);
    /* Plan, authorisations or bundle may be from a run that was killed before it synced their names; the log is about to
     * build upon them. */
    if (e == E_OK)
        e = file_sync(out->dir_fd, ARCHIVE_DIR, d);
    if (e == E_OK)
        e = plan_open(out->dir_fd, &out->plan, d);
    if (e == E_OK)
        e = check_standing(out, intake, d);
    if (e == E_OK && !out->done)
        e = lint_plan(s, &out->plan, out->intent, &out->issuers, d);
    if (e == E_OK && !out->done && !out->intent)
        e = recheck_lists(s, &out->plan, d);
    return e;
}

static enum err log_authorisations(struct signing *g, const char *plan, struct diag *d)
{
    enum err e = E_OK;
    for (size_t i = 0; i < g->authorisations.n && e == E_OK; i++) {
        char officer[DIGEST_HEX], signature[DIGEST_HEX];
        hex_encode(g->authorisations.by[i].certificate, DIGEST_LEN, officer);
        hex_encode(g->authorisations.by[i].signature, DIGEST_LEN, signature);
        e = log_append(g->state->log, RECORD_AUTHORISE,
                       json_pack("{s:s,s:s,s:s}", "plan", plan, "officer", officer, "signature", signature), d);
    }
    return e;
}

/* From here on the batch is under way: its serials, its keys and its number are taken. */
static enum err log_intent(struct signing *g, struct diag *d)
{
    const struct plan_header *h = &g->plan.header;
    const struct plan_counts *c = &g->plan.counts;
    char batch[DIGEST_HEX], intake[DIGEST_HEX], plan[DIGEST_HEX], policy[DIGEST_HEX];
    hex_encode(h->batch, DIGEST_LEN, batch);
    hex_encode(h->intake, DIGEST_LEN, intake);
    hex_encode(g->plan.digest, DIGEST_LEN, plan);
    hex_encode(h->policy, DIGEST_LEN, policy);
    enum err e = log_authorisations(g, plan, d);
    if (e == E_OK)
        e = log_append(g->state->log, RECORD_PLAN,
                       json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:s}", "batch", batch, "intake",
                                 intake, "plan", plan, "policy", policy, "authority", h->authority, "ra", h->ra,
                                 "sequence", (json_int_t)h->sequence, "issue", (json_int_t)c->issue, "refuse",
                                 (json_int_t)c->refuse, "status", (json_int_t)c->status, "lists",
                                 (json_int_t)c->lists, "program", PROGRAM_NAME),
                       d);
    if (e == E_OK)
        e = log_sync(g->state->log, d);
    return e;
}

static enum err refresh_row(struct signing *g, struct diag *d)
{
    bool found = false;
    enum err e = state_refresh(g->state, d);
    if (e == E_OK)
        e = index_batch_by_digest(g->state->index, g->plan.header.batch, &g->row, &found, d);
    if (e == E_OK && !found)
        e = diag_set(d, E_INDEX, "the batch that was just logged is not in it");
    return e;
}

static enum err seal_batch(struct signing *g, struct hsm *h, struct diag *d)
{
    struct hsm_key *key;
    enum err e = own_key_open(g->state, h, g->state->policy->log_key.name, &key, d);
    if (e == E_OK)
        e = sealing_run(g->state, key, d);
    if (e == E_OK)
        e = refresh_row(g, d);
    return e;
}

static enum err log_bundle(struct signing *g, const uint8_t digest[DIGEST_LEN], struct diag *d)
{
    char batch[DIGEST_HEX], bundle[DIGEST_HEX];
    if (g->row.bundle_seq > 0)
        return memcmp(digest, g->row.bundle, DIGEST_LEN) == 0
                   ? E_OK
                   : diag_set(d, E_ARCHIVE, "the bundle that log and archive give is not the one in the log");
    hex_encode(g->plan.header.batch, DIGEST_LEN, batch);
    hex_encode(digest, DIGEST_LEN, bundle);
    return log_append(g->state->log, RECORD_BUNDLE, json_pack("{s:s,s:s}", "batch", batch, "bundle", bundle), d);
}

/* The bundle's digest goes into the log before the bundle key signs it, and the token learns where the log then stands
 * before the bundle can be seen: a bundle that stands says that all before it is done. */
static enum err make_bundle(struct signing *g, struct hsm *h, struct diag *d)
{
    struct hsm_key *key;
    uint8_t digest[DIGEST_LEN];
    enum err e = bundle_build(g->bundle, g->state, &g->plan, &g->row, digest, d);
    if (e == E_OK)
        e = own_key_open(g->state, h, g->state->policy->bundle_key.name, &key, d);
    if (e == E_OK)
        e = log_bundle(g, digest, d);
    if (e == E_OK)
        e = witness_write(g->state, h, d);
    if (e == E_OK)
        e = refresh_row(g, d);
    if (e == E_OK)
        e = vouching_write(g->state, h, d);
    if (e == E_OK)
        e = bundle_sign(g->state, g->dir_fd, key, d);
    return e;
}

/* Index and bundle keep up with the log beside the workers, and have little left to read when those are done. */
static enum err keep_up(void *arg, struct diag *d)
{
    struct signing *g = arg;
    enum err e = state_refresh(g->state, d);
    return e != E_OK ? e : bundle_follow(g->bundle, d);
}

static enum err sign_outcomes(struct signing *g, struct hsm *h, int sessions, const struct progress *progress,
                              struct diag *d)
{
    const struct outcomes_follower follower = {keep_up, g};
    enum err e = plan_rewind(&g->plan, d);
    if (e == E_OK)
        e = outcomes_run(g->state, h, sessions, g->dir_fd, &g->plan, &g->issuers, g->row.answered, &follower,
                         progress, &g->signatures, d);
    return e != E_OK ? e : refresh_row(g, d);
}

/* The reason stays the one to tell, unless giving up fails. */
static enum err give_up(struct state *s, struct hsm *h, enum err reason, struct diag *d)
{
    struct diag why = {0};
    enum err e = untold_settle(s, h, NULL, &why);
    if (e != E_OK && d != NULL)
        *d = why;
    return e == E_OK ? reason : e;
}

/* What the log holds beyond what the token has heard of is settled before the token hears of more. */
static enum err take_up(struct signing *g, struct hsm *h, struct diag *d)
{
    enum err e = witness_check(g->state, h, d);
    if (e == E_OK)
        e = untold_check_keys(g->state, h, NULL, d);
    if (e != E_OK) /* not even told that something is given up */
        return e;
    e = untold_check_policy(g->state, d);
    if (e == E_OK)
        e = untold_check_ends(g->state, NULL, d);
    if (e == E_OK && g->intent && g->row.plan_seq > g->state->told)
        e = untold_check_intent(g->state, &g->plan.header, &g->row, d);
    if (err_is_refusal(e)) /* it is given up with the others, or it would keep all lists waiting for ever */
        return give_up(g->state, h, e, d);
    if (e == E_OK)
        e = untold_settle(g->state, h, g->plan.header.batch, d);
    /* The person at the token took some time. The line is dated a moment after this. */
    if (e == E_OK && !g->intent)
        e = standing_check_plan(g->state, &g->plan.header, INDEX_NOW, clock_now() + STANDING_MARGIN, d);
    if (e == E_OK && !g->intent)
        e = log_intent(g, d);
    return e == E_OK && !g->intent ? refresh_row(g, d) : e;
}

enum err signing_run(struct signing *g, struct hsm *h, int sessions, const struct progress *progress, struct diag *d)
{
    enum err e = take_up(g, h, d);
    if (e == E_OK) /* the token hears of the intent before it signs: who cuts the log afterwards is found out */
        e = witness_write(g->state, h, d);
    if (e == E_OK)
        e = bundle_begin(g->state, g->dir_fd, &g->plan, &g->row, &g->bundle, d);
    if (e == E_OK && g->row.answered < g->row.total)
        e = sign_outcomes(g, h, sessions, progress, d);
    if (e == E_OK && g->row.answered != g->row.total)
        e = diag_set(d, E_PLAN_DIGEST, "the plan ended early");
    if (e == E_OK && g->row.seal_seq == 0)
        e = seal_batch(g, h, d);
    if (e == E_OK)
        e = witness_write(g->state, h, d);
    if (e == E_OK)
        e = make_bundle(g, h, d);
    return e;
}

void signing_close(struct signing *g)
{
    bundle_close(g->bundle);
    plan_close(&g->plan);
    issuers_free(&g->issuers);
    if (g->dir_fd >= 0)
        close(g->dir_fd);
    *g = (struct signing){.dir_fd = -1};
}
