#include <string.h>

#include "batch/archive.h"
#include "commands.h"
#include "core/sandbox.h"
#include "core/step.h"
#include "steps.h"

struct job {
    struct planned refused; /* refused.refused is E_OK when there is a bundle */
    uint8_t intake[DIGEST_LEN];
    char name[EXPORT_NAME];
};

static enum err shut_in(const struct state *s, struct diag *d)
{
    struct sandbox *box;
    enum err e = sandbox_new(&box, d);
    if (e == E_OK)
        e = sandbox_allow_fd(box, s->fd, false, d);
    if (e == E_OK)
        e = sandbox_allow_fd(box, s->archive_fd, true, d);
    if (e == E_OK)
        e = sandbox_allow(box, options.to, true, d);
    if (e == E_OK)
        e = sandbox_enter(box, d);
    sandbox_free(box);
    return e == E_OK ? sandbox_strict(d) : e;
}

static enum err run(void *data, struct diag *d)
{
    struct job *job = data;
    struct state s;
    enum err e = state_open(options.state, &policy_table, STATE_CACHED, &s, d);
    if (e == E_OK && options.batch != NULL)
        e = archive_find(s.archive_fd, options.batch, job->intake, d);
    if (e == E_OK)
        e = shut_in(&s, d);
    if (e == E_OK && job->refused.refused != E_OK)
        e = export_refusal(&s, &job->refused, options.to, job->name, d);
    else if (e == E_OK)
        e = export_bundle(&s, job->intake, options.to, job->name, d);
    state_close(&s);
    return e;
}

static enum err export(struct job *job, char name[EXPORT_NAME], struct diag *d)
{
    enum err e = step_run("export", run, job, sizeof *job, d);
    snprintf(name, EXPORT_NAME, "%.*s", EXPORT_NAME - 1, job->name);
    return e;
}

enum err step_export(const uint8_t intake[DIGEST_LEN], char name[EXPORT_NAME], struct diag *d)
{
    struct job job = {0};
    if (intake != NULL)
        memcpy(job.intake, intake, DIGEST_LEN);
    return export(&job, name, d);
}

enum err step_export_refusal(const struct planned *refused, char name[EXPORT_NAME], struct diag *d)
{
    struct job job = {.refused = *refused};
    return export(&job, name, d);
}
