#include <stdio.h>

#include "commands.h"
#include "core/screen.h"
#include "steps.h"

#define LABEL 8 /* columns */

enum err plan_refusal(const struct planned *p, struct diag *d)
{
    return diag_set_clause(d, p->refused, p->clause, "%s", p->detail);
}

void plan_print(const struct planned *p)
{
    char hex[DIGEST_HEX];
    hex_encode(p->plan, DIGEST_LEN, hex);
    screen_field(_("batch"), LABEL, "%s", p->intake.dir);
    screen_field(_("plan"), LABEL, "%s", hex);
    screen_words(_("words"), LABEL, p->plan);
    if (p->under_way)
        screen_fold(0, 0, _("This batch was planned and authorised before; its plan stands."));
}

enum err plan_and_tell(const struct intake *in, struct diag *d)
{
    const struct step_place place = options_place();
    struct planned planned;
    enum err e = step_plan(&place, in, &planned, d);
    if (e == E_OK && planned.refused != E_OK) {
        screen_field(_("batch"), LABEL, "%s", planned.intake.dir);
        e = plan_refusal(&planned, d);
    } else if (e == E_OK) {
        plan_print(&planned);
        printf(_("Officers: ceremony authorise --state %s --batch %.16s ...\n"), options.state, planned.intake.dir);
    }
    return e;
}

enum err cmd_plan(int n, char **operands, struct diag *d)
{
    const struct step_place place = options_place();
    struct intake in;
    (void)n;
    (void)operands;
    enum err e = banner_print(&policy_table, d);
    if (e == E_OK)
        e = step_intake(&place, &in, d);
    return e == E_OK ? plan_and_tell(&in, d) : e;
}
