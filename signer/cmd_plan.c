#include <stdio.h>

#include "commands.h"
#include "core/words.h"
#include "steps.h"

enum err plan_refusal(const struct planned *p, struct diag *d)
{
    return diag_set_clause(d, p->refused, p->clause, "%s", p->detail);
}

void plan_print(const struct planned *p)
{
    char hex[DIGEST_HEX], words[DIGEST_LEN * 12 + 64];
    hex_encode(p->plan, DIGEST_LEN, hex);
    words_format(p->plan, DIGEST_LEN, 4, "        ", words, sizeof words);
    printf("batch   %s\nplan    %s\nwords   %s\n", p->intake.dir, hex, words);
    if (p->under_way)
        printf("This batch was planned and authorised before; its plan stands.\n");
}

enum err plan_and_tell(const struct intake *in, struct diag *d)
{
    struct planned planned;
    enum err e = step_plan(in, &planned, d);
    if (e == E_OK && planned.refused != E_OK) {
        printf("batch   %s\n", planned.intake.dir);
        e = plan_refusal(&planned, d);
    } else if (e == E_OK) {
        plan_print(&planned);
        printf("Officers: ceremony authorise --state %s --batch %.16s ...\n", options.state, planned.intake.dir);
    }
    return e;
}

enum err cmd_plan(int n, char **operands, struct diag *d)
{
    struct intake in;
    (void)n;
    (void)operands;
    enum err e = banner_print(&policy_table, d);
    if (e == E_OK)
        e = step_intake(&in, d);
    return e == E_OK ? plan_and_tell(&in, d) : e;
}
