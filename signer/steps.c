#include "steps.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "batch/archive.h"
#include "batch/own_batch.h"
#include "batch/signing.h"
#include "batch/vouching.h"
#include "core/cli.h"
#include "core/file.h"
#include "core/filter.h"
#include "core/i18n.h"
#include "core/sandbox.h"
#include "core/step.h"
#include "hsm/login.h"
#include "hsm/reach.h"

/* What is opened by its name later is this folder, or out of reach: also when a link was put into its place
 * meanwhile. */
static enum err allow_medium(struct sandbox *box, const char *media, const char *medium, bool write, struct diag *d)
{
    int base = -1, fd = -1;
    if (media == NULL)
        return sandbox_allow(box, medium, write, d);
    enum err e = file_open_dir(media, &base, d);
    if (e == E_OK)
        e = file_open_dir_beneath(base, medium + strlen(media) + 1, &fd, d);
    if (e == E_OK)
        e = sandbox_allow_fd(box, fd, write, d);
    if (base >= 0)
        close(base);
    if (fd >= 0)
        close(fd);
    return e;
}

/* Shut in a step that needs neither token nor terminal: the archive can be written; the state read, if reads_state; and
 * the medium, if it is not NULL, read or, if writes_medium, written. */
static enum err shut_in(const struct state *s, bool reads_state, const char *media, const char *medium, bool writes_medium, struct diag *d)
{
    struct sandbox *box;
    enum err e = sandbox_new(&box, d);
    if (e == E_OK && reads_state)
        e = sandbox_allow_fd(box, s->fd, false, d);
    if (e == E_OK)
        e = sandbox_allow_fd(box, s->archive_fd, true, d);
    if (e == E_OK && medium != NULL)
        e = allow_medium(box, media, medium, writes_medium, d);
    if (e == E_OK)
        e = sandbox_enter(box, d);
    sandbox_free(box);
    return e == E_OK ? filter_strict(d) : e;
}

/* -- intake -- */

/* The state is opened for its policy's sake: nothing is taken in under another. Log and index are closed again before
 * the medium is looked at. */
struct taking {
    const struct step_place *place;
    struct intake intake; /* what comes out */
};

static enum err run_intake(void *data, struct diag *d)
{
    struct taking *job = data;
    const struct step_place *p = job->place;
    struct state s;
    enum err e = state_open(p->state, &policy_table, STATE_CACHED, &s, d);
    state_close_records(&s);
    if (e == E_OK)
        e = shut_in(&s, false, p->media, p->from, false, d);
    if (e == E_OK)
        e = intake_copy(p->from, s.archive_fd, &policy_table.limits, &job->intake, d);
    state_close(&s);
    return e;
}

/* The name of the folder follows from the digest, whatever the step says. */
static bool settle_intake(struct intake *in)
{
    hex_encode(in->digest, DIGEST_LEN, in->dir);
    return true;
}

static bool settle_taken(void *data)
{
    struct taking *job = data;
    return settle_intake(&job->intake);
}

enum err step_intake(const struct step_place *p, struct intake *out, struct diag *d)
{
    static const struct step step = {.name = "intake", .run = run_intake, .settle = settle_taken, .keep_fd = -1};
    struct taking job = {.place = p};
    enum err e = step_run(&step, &job, sizeof job, d);
    *out = job.intake;
    return e;
}

/* -- lists -- */

struct asking {
    const struct step_place *place;
    struct intake intake; /* what comes out */
    enum op op;
};

static enum err run_lists(void *data, struct diag *d)
{
    struct asking *job = data;
    const struct step_place *p = job->place;
    struct state s;
    enum err e = state_open(p->state, &policy_table, STATE_CACHED, &s, d);
    if (e == E_OK)
        e = shut_in(&s, true, NULL, NULL, false, d);
    if (e == E_OK)
        e = own_batch_make(&s, p->authority, p->key, job->op, &job->intake, d);
    state_close(&s);
    return e;
}

static bool settle_asked(void *data)
{
    struct asking *job = data;
    return settle_intake(&job->intake);
}

enum err step_lists(const struct step_place *p, enum op op, struct intake *out, struct diag *d)
{
    static const struct step step = {.name = "lists", .run = run_lists, .settle = settle_asked, .keep_fd = -1};
    struct asking job = {.place = p, .op = op};
    enum err e = step_run(&step, &job, sizeof job, d);
    *out = job.intake;
    return e;
}

/* -- plan -- */

struct planning {
    const struct step_place *place;
    struct planned planned; /* begun with the intake */
};

static enum err run_plan(void *data, struct diag *d)
{
    struct planning *job = data;
    const struct step_place *p = job->place;
    struct cli_progress bar = {.label = N_("planning")};
    struct progress progress = {cli_progress_step, &bar};
    struct planned *planned = &job->planned;
    const struct intake in = planned->intake;
    struct state s;
    enum err e = state_open(p->state, &policy_table, STATE_CACHED, &s, d);
    if (e == E_OK)
        e = shut_in(&s, true, NULL, NULL, false, d);
    if (e == E_OK)
        e = planner_run(&s, &in, &progress, planned, d);
    cli_progress_end(&bar);
    state_close(&s);
    return e;
}

static bool settle_planned(void *data)
{
    struct planning *job = data;
    struct planned *p = &job->planned;
    return settle_intake(&p->intake) && (int)p->refused >= E_OK && p->refused < ERR_COUNT &&
           step_is_text(p->clause, sizeof p->clause) && step_is_text(p->detail, sizeof p->detail);
}

enum err step_plan(const struct step_place *p, const struct intake *in, struct planned *out, struct diag *d)
{
    static const struct step step = {.name = "plan", .run = run_plan, .settle = settle_planned, .keep_fd = -1};
    struct planning job = {.place = p, .planned = {.intake = *in}};
    enum err e = step_run(&step, &job, sizeof job, d);
    *out = job.planned;
    return e;
}

/* -- sign -- */

struct sign {
    const struct step_place *place;
    bool by_option;
    uint8_t intake[DIGEST_LEN]; /* unless by_option */
    bool vouched;               /* there is an index for the token to vouch for, with this root */
    uint8_t root[DIGEST_LEN];
    struct step_signed report;
};

/* All that can be checked before a person is asked for the PIN. What an index says that the token does not vouch for
 * yet neither refuses a batch nor tells that it is done: then the index for all is made anew from the log, which also
 * rights what the plan was made by. */
static enum err prepare(struct sign *job, struct state *s, struct signing *g, struct diag *d)
{
    struct diag doubtful = {0};
    enum err e = signing_prepare(s, job->intake, g, &doubtful);
    if (e == E_NO_MEMORY || e == E_DISK_FULL)
        return diag_again(d, e, &doubtful);
    if (e == E_OK && !g->done)
        return E_OK;
    signing_close(g);
    e = state_reopen(s, STATE_FROM_LOG, d);
    return e == E_OK ? signing_prepare(s, job->intake, g, d) : e;
}

/* Does the token know the index by which this was prepared? Otherwise it is made from the log, unless it was, and all
 * is prepared again. */
static enum err check_index(struct sign *job, struct signing *g, struct hsm *h, struct diag *d)
{
    struct state *s = g->state;
    bool any = false, known = false;
    enum err e = vouching_check(h, job->root, &any, &known, d);
    if (e == E_OK && any && !known)
        fputs(_("signer: the index that signing keeps is not as the token knows it: it is made anew\n"), stderr);
    if (e != E_OK || !job->vouched)
        return e;
    if (known)
        return index_known(s->index, d);
    signing_close(g);
    e = state_reopen(s, STATE_VOUCHED_ANEW, d);
    return e == E_OK ? prepare(job, s, g, d) : e;
}

static enum err use_token(struct sign *job, struct signing *g, struct diag *d)
{
    const struct step_place *p = job->place;
    struct cli_progress bar = {.label = N_("signing")};
    struct progress progress = {cli_progress_step, &bar};
    struct hsm *h = NULL;
    const struct hsm_patience patience = {"signer", policy_table.limits.token_timeout, step_end};
    enum err e = hsm_open(p->module, policy_table.token, policy_table.vendor, &patience, &h, d);
    if (e == E_OK)
        e = login_run(h, p->pin_fd, p->pin_parts, d);
    if (e == E_OK)
        e = check_index(job, g, h, d);
    if (e == E_OK && !g->done)
        e = signing_run(g, h, p->sessions, &progress, d);
    cli_progress_end(&bar);
    hsm_close(h);
    return e;
}

static void report(const struct signing *g, struct step_signed *out)
{
    const struct log_position *at = log_position(g->state->log);
    out->issued = g->plan.counts.issue;
    out->refused = g->plan.counts.refuse;
    out->status = g->plan.counts.status;
    out->lists = g->plan.counts.lists;
    out->log_size = at->size;
    memcpy(out->log_head, at->head, DIGEST_LEN);
}

static enum err run_sign(void *data, struct diag *d)
{
    struct sign *job = data;
    const struct step_place *p = job->place;
    struct state s;
    struct signing g = {.dir_fd = -1};
    enum err e = state_open(p->state, &policy_table, STATE_VOUCHED, &s, d);
    if (e == E_OK)
        job->vouched = index_root_then(s.index, job->root);
    if (e == E_OK && job->by_option)
        e = archive_find(s.archive_fd, p->batch, job->intake, d);
    if (e == E_OK)
        e = reach_shut_in(s.fd, p->module, p->module_files, d);
    if (e == E_OK)
        e = prepare(job, &s, &g, d);
    if (e == E_OK && !g.done)
        e = use_token(job, &g, d);
    if (e == E_OK)
        report(&g, &job->report);
    signing_close(&g);
    state_close(&s);
    return e;
}

enum err step_sign(const struct step_place *p, const uint8_t intake[DIGEST_LEN], struct step_signed *out, struct diag *d)
{
    const struct step step = {.name = "sign", .run = run_sign, .keep_fd = p->pin_fd};
    struct sign job = {.place = p, .by_option = intake == NULL};
    *out = job.report;
    if (step.keep_fd >= 0 && fcntl(step.keep_fd, F_GETFD) < 0) /* its number would be the next file's */
        return diag_set(d, E_PIN_MISSING, "file descriptor %d is not open", step.keep_fd);
    if (intake != NULL)
        memcpy(job.intake, intake, DIGEST_LEN);
    enum err e = step_run(&step, &job, sizeof job, d);
    *out = job.report;
    return e;
}

/* -- export -- */

struct handing {
    const struct step_place *place;
    bool by_option;
    uint8_t intake[DIGEST_LEN]; /* unless by_option */
    struct planned refused;     /* refused.refused is E_OK when there is a bundle */
    char name[EXPORT_NAME];
};

static enum err run_export(void *data, struct diag *d)
{
    struct handing *job = data;
    const struct step_place *p = job->place;
    struct state s;
    enum err e = state_open(p->state, &policy_table, STATE_CACHED, &s, d);
    if (e == E_OK && job->by_option)
        e = archive_find(s.archive_fd, p->batch, job->intake, d);
    if (e == E_OK)
        e = shut_in(&s, true, p->media, p->to, true, d);
    if (e == E_OK && job->refused.refused != E_OK)
        e = export_refusal(&s, &job->refused, p->to, job->name, d);
    else if (e == E_OK)
        e = export_bundle(&s, job->intake, p->to, job->name, d);
    state_close(&s);
    return e;
}

static bool settle_exported(void *data)
{
    const struct handing *job = data;
    return step_is_text(job->name, sizeof job->name);
}

static enum err hand_out(struct handing *job, char name[EXPORT_NAME], struct diag *d)
{
    static const struct step step = {.name = "export", .run = run_export, .settle = settle_exported, .keep_fd = -1};
    enum err e = step_run(&step, job, sizeof *job, d);
    memcpy(name, job->name, EXPORT_NAME);
    return e;
}

enum err step_export(const struct step_place *p, const uint8_t intake[DIGEST_LEN], char name[EXPORT_NAME], struct diag *d)
{
    struct handing job = {.place = p, .by_option = intake == NULL};
    if (intake != NULL)
        memcpy(job.intake, intake, DIGEST_LEN);
    return hand_out(&job, name, d);
}

enum err step_export_refusal(const struct step_place *p, const struct planned *refused, char name[EXPORT_NAME], struct diag *d)
{
    struct handing job = {.place = p, .refused = *refused};
    return hand_out(&job, name, d);
}
