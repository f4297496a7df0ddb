#include "commands.h"
#include "core/sandbox.h"
#include "core/step.h"
#include "steps.h"

static enum err shut_in(const struct state *s, struct diag *d)
{
    struct sandbox *box;
    enum err e = sandbox_new(&box, d);
    if (e == E_OK)
        e = sandbox_allow(box, options.from, false, d);
    if (e == E_OK)
        e = sandbox_allow_fd(box, s->archive_fd, true, d);
    if (e == E_OK)
        e = sandbox_enter(box, d);
    sandbox_free(box);
    return e == E_OK ? sandbox_strict(d) : e;
}

/* Nothing is taken in for a state under another policy. Log and index are closed again before the medium is looked at. */
static enum err check_policy(struct diag *d)
{
    struct state s;
    enum err e = state_open(options.state, &policy_table, STATE_CACHED, &s, d);
    state_close(&s);
    return e;
}

static enum err run(void *data, struct diag *d)
{
    struct state s = {.fd = -1, .lock_fd = -1, .archive_fd = -1};
    enum err e = check_policy(d);
    if (e == E_OK)
        e = state_enter(options.state, &policy_table, &s, d);
    if (e == E_OK)
        e = shut_in(&s, d);
    if (e == E_OK)
        e = intake_copy(options.from, s.archive_fd, &policy_table.limits, data, d);
    state_close(&s);
    return e;
}

enum err step_intake(struct intake *out, struct diag *d)
{
    *out = (struct intake){0};
    return step_run("intake", run, out, sizeof *out, d);
}
