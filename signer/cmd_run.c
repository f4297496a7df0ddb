#include "commands.h"
#include "core/screen.h"
#include "steps.h"

static enum err answer_refusal(const struct planned *planned, struct diag *d)
{
    const struct step_place place = options_place();
    char name[EXPORT_NAME];
    enum err e = step_export_refusal(&place, planned, name, d);
    if (e != E_OK)
        return e;
    screen_field(_("refusal"), 8, "%s/%s", options.to, name);
    return plan_refusal(planned, d);
}

static enum err sign_and_export(const struct planned *planned, struct diag *d)
{
    const struct step_place place = options_place();
    struct step_signed report;
    char name[EXPORT_NAME];
    enum err e = step_sign(&place, planned->intake.digest, &report, d);
    if (e == E_OK)
        sign_print(&report);
    if (e == E_OK)
        e = step_export(&place, planned->intake.digest, name, d);
    if (e == E_OK)
        screen_field(_("bundle"), 8, "%s/%s", options.to, name);
    return e;
}

enum err cmd_run(int n, char **operands, struct diag *d)
{
    const struct step_place place = options_place();
    struct intake in;
    struct planned planned;
    (void)n;
    (void)operands;
    enum err e = banner_print(&policy_table, d);
    if (e == E_OK) /* before anybody is asked for the PIN */
        e = export_check(options.to, d);
    if (e == E_OK)
        e = step_intake(&place, &in, d);
    if (e == E_OK)
        e = step_plan(&place, &in, &planned, d);
    if (e != E_OK)
        return e;
    if (planned.refused != E_OK)
        return answer_refusal(&planned, d);
    plan_print(&planned);
    return sign_and_export(&planned, d);
}
