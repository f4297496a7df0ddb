#include <inttypes.h>
#include <stdio.h>

#include "commands.h"
#include "core/screen.h"
#include "steps.h"

#define LABEL 8 /* columns */

void sign_print(const struct step_signed *r)
{
    char head[DIGEST_HEX];
    hex_encode(r->log_head, DIGEST_LEN, head);
    screen_field(_("issued"), LABEL, "%" PRId64, r->issued);
    screen_field(_("refused"), LABEL, "%" PRId64, r->refused);
    if (r->status > 0)
        screen_field(_("changed"), LABEL, "%" PRId64, r->status);
    if (r->lists > 0)
        screen_field(_("lists"), LABEL, "%" PRId64, r->lists);
    screen_field(_("log"), LABEL, i18n_plural("%" PRIu64 " line", "%" PRIu64 " lines", r->log_size), r->log_size);
    screen_field(_("head"), LABEL, "%s", head);
    screen_words(_("words"), LABEL, r->log_head);
}

enum err cmd_sign(int n, char **operands, struct diag *d)
{
    const struct step_place place = options_place();
    struct step_signed report;
    (void)n;
    (void)operands;
    enum err e = banner_print(&policy_table, d);
    if (e == E_OK)
        e = step_sign(&place, NULL, &report, d);
    if (e == E_OK)
        sign_print(&report);
    return e;
}
