#include <stdlib.h>

#include "audit/commands.h"
#include "audit/head.h"
#include "audit/report.h"

static enum err read_options(struct verify_options *o, struct diag *d)
{
    enum err e = E_OK;
    *o = (struct verify_options){
        .policy = &policy_table, .state = options.state, .anchors = options.anchors};
    if (options.size != NULL && options.head == NULL)
        return diag_set(d, E_USAGE, "--size goes with --head");
    if (options.head != NULL)
        e = head_parse(options.head, o->head, d);
    o->has_head = options.head != NULL;
    if (e == E_OK && options.size != NULL)
        e = head_parse_lines("size", options.size, &o->head_line, d);
    if (e == E_OK && options.min_size != NULL)
        e = head_parse_lines("min-size", options.min_size, &o->min_lines, d);
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

enum err verify_and(struct tally *tally, enum err (*tell)(const struct audit *a, const struct verify_options *o, struct diag *d),
                    struct diag *d)
{
    struct cli_progress bar = {.label = N_("auditing")};
    const struct progress progress = {cli_progress_step, &bar};
    struct verify_options o;
    enum err e = read_options(&o, d);
    if (e != E_OK)
        return e;
    o.progress = &progress;
    o.tally = tally;
    struct audit *a = malloc(sizeof *a);
    if (a == NULL)
        return diag_set(d, E_NO_MEMORY, "audit");
    e = verify_run(&o, a, d);
    cli_progress_end(&bar);
    if (e == E_OK)
        e = tell(a, &o, d);
    if (e == E_OK)
        e = verdict(a, d);
    verify_free(a);
    free(a);
    return e;
}

static enum err report(const struct audit *a, const struct verify_options *o, struct diag *d)
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
    return verify_and(NULL, report, d);
}
