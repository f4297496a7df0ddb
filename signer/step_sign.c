#include <string.h>

#include "batch/archive.h"
#include "batch/signing.h"
#include "commands.h"
#include "core/step.h"
#include "hsm/login.h"
#include "hsm/reach.h"
#include "steps.h"

struct job {
    uint8_t intake[DIGEST_LEN];
    struct step_signed report;
};

static enum err shut_in(const struct state *s, struct diag *d)
{
    struct sandbox *box;
    enum err e = sandbox_new(&box, d);
    if (e == E_OK)
        e = sandbox_allow_fd(box, s->fd, true, d);
    if (e == E_OK)
        e = reach_module(box, options.module, options.module_files, d);
    if (e == E_OK)
        e = sandbox_enter(box, d);
    sandbox_free(box);
    return e;
}

static enum err use_token(struct signing *g, struct diag *d)
{
    struct cli_progress bar = {.label = "signing"};
    struct progress progress = {cli_progress_step, &bar};
    struct hsm *h = NULL;
    const struct hsm_patience patience = {"signer", policy_table.limits.token_timeout, step_end};
    enum err e = hsm_open(options.module, policy_table.token, policy_table.vendor, &patience, &h, d);
    if (e == E_OK)
        e = login_run(h, options.pin_fd, d);
    if (e == E_OK)
        e = signing_run(g, h, options.sessions, &progress, d);
    cli_progress_end(&bar);
    hsm_close(h);
    return e;
}

static void report(const struct signing *g, struct step_signed *out)
{
    const struct log_position *at = log_position(g->state->log);
    out->issued = g->plan.issue;
    out->refused = g->plan.refuse;
    out->log_size = at->size;
    memcpy(out->log_head, at->head, DIGEST_LEN);
}

static enum err run(void *data, struct diag *d)
{
    struct job *job = data;
    struct state s;
    struct signing g = {.dir_fd = -1};
    enum err e = state_open(options.state, &policy_table, STATE_FROM_LOG, &s, d);
    if (e == E_OK && options.batch != NULL)
        e = archive_find(s.archive_fd, options.batch, job->intake, d);
    if (e == E_OK)
        e = shut_in(&s, d);
    if (e == E_OK) /* all that can be checked before a person is asked for the PIN */
        e = signing_prepare(&s, job->intake, &g, d);
    if (e == E_OK && !g.done)
        e = use_token(&g, d);
    if (e == E_OK)
        report(&g, &job->report);
    signing_close(&g);
    state_close(&s);
    return e;
}

enum err step_sign(const uint8_t intake[DIGEST_LEN], struct step_signed *out, struct diag *d)
{
    struct job job = {0};
    if (intake != NULL)
        memcpy(job.intake, intake, DIGEST_LEN);
    enum err e = step_run("sign", run, &job, sizeof job, d);
    *out = job.report;
    return e;
}
