#include "commands.h"
#include "core/sandbox.h"
#include "core/step.h"
#include "steps.h"

static enum err shut_in(const struct state *s, struct diag *d)
{
    struct sandbox *box;
    enum err e = sandbox_new(&box, d);
    if (e == E_OK)
        e = sandbox_allow_fd(box, s->fd, false, d);
    if (e == E_OK)
        e = sandbox_allow_fd(box, s->archive_fd, true, d);
    if (e == E_OK)
        e = sandbox_enter(box, d);
    sandbox_free(box);
    return e == E_OK ? sandbox_strict(d) : e;
}

static enum err run(void *data, struct diag *d)
{
    struct cli_progress bar = {.label = "planning"};
    struct progress progress = {cli_progress_step, &bar};
    struct planned *planned = data;
    const struct intake in = planned->intake;
    struct state s;
    enum err e = state_open(options.state, &policy_table, STATE_CACHED, &s, d);
    if (e == E_OK)
        e = shut_in(&s, d);
    if (e == E_OK)
        e = planner_run(&s, &in, &progress, planned, d);
    cli_progress_end(&bar);
    state_close(&s);
    return e;
}

enum err step_plan(const struct intake *in, struct planned *out, struct diag *d)
{
    *out = (struct planned){.intake = *in};
    return step_run("plan", run, out, sizeof *out, d);
}
