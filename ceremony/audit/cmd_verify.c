#include <stdlib.h>

#include "audit/commands.h"
#include "audit/head.h"
#include "audit/report.h"
#include "core/threads.h"

static enum err read_witnesses(struct verify_options *o, struct diag *d)
{
    struct witness *head = &o->witnesses.of[WITNESS_HEAD];
    enum err e = E_OK;
    if (options.size != NULL && options.head == NULL)
        return diag_set(d, E_USAGE, "--size goes with --head");
    if (options.head != NULL)
        e = head_parse(options.head, head->head, d);
    head->given = options.head != NULL;
    if (e == E_OK && options.size != NULL)
        e = head_parse_lines("size", options.size, &head->line, d);
    if (e == E_OK && options.min_size != NULL)
        e = head_parse_lines("min-size", options.min_size, &o->witnesses.min_lines, d);
    if (e == E_OK && options.seal != NULL)
        e = witnesses_read_seal(&o->witnesses, options.seal, d);
    if (e == E_OK && options.token_head != NULL)
        e = witnesses_read_token(&o->witnesses, options.token_head, d);
    return e;
}

#define ADVICE N_("keep a copy of the state as it is, and have the officers explain each finding")

/* The first error is the program's; what the operator would have to do about it is not the auditor's matter. */
static enum err verdict(const struct audit *a, struct diag *d)
{
    const struct finding *first = &a->findings.kept[FINDING_ERROR][0];
    if (a->findings.count[FINDING_ERROR] == 0)
        return E_OK;
    struct diag why;
    finding_give(first, &why);
    enum err e = first->line == 0 ? diag_again(d, first->code, &why)
                                  : diag_wrap(d, first->code, &why, "line %llu", (unsigned long long)first->line);
    diag_advise(d, ADVICE);
    return e;
}

enum err verify_and(struct tally *tally, bool replay,
                    enum err (*tell)(const struct audit *a, const struct verify_options *o, struct diag *d), struct diag *d)
{
    struct cli_progress bar = {.label = N_("auditing")};
    const struct progress progress = {cli_progress_step, &bar};
    struct verify_options o = {.policy = &policy_table, .replay = replay, .state = options.state, .log = options.log, .policies = options.policies,
                               .anchors = options.anchors, .progress = &progress, .tally = tally,
                               .cores = threads_cores()};
    struct audit *a = NULL;
    enum err e = read_witnesses(&o, d);
    if (e == E_OK && (a = malloc(sizeof *a)) == NULL)
        e = diag_set(d, E_NO_MEMORY, "audit");
    if (e == E_OK && a != NULL) {
        e = verify_run(&o, a, d);
        if (e == E_LOG_MISSING)
            diag_advise(d, ADVICE);
        cli_progress_end(&bar);
        if (e == E_OK)
            e = tell(a, &o, d);
        if (e == E_OK)
            e = verdict(a, d);
        verify_free(a);
    }
    free(a);
    witnesses_free(&o.witnesses);
    return e;
}

enum err verify_report(const struct audit *a, const struct verify_options *o, struct diag *d)
{
    (void)d;
    if (options.json)
        return report_json(a, o);
    report_text(a, o);
    return E_OK;
}

enum err cmd_verify(int n, char **operands, struct diag *d)
{
    (void)n;
    (void)operands;
    if ((options.state == NULL) == (options.log == NULL))
        return diag_set(d, E_USAGE, "name one of --state and --log");
    return verify_and(NULL, false, verify_report, d);
}
