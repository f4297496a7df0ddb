#include <inttypes.h>
#include <stdio.h>

#include "commands.h"
#include "core/clock.h"
#include "core/screen.h"
#include "ra/ocsp_tree.h"

static enum err write_out(struct import *i, struct ocsp_tree *out, struct diag *d)
{
    struct cli_progress bar = {.label = N_("writing")};
    struct progress progress = {cli_progress_step, &bar};
    enum err e = ocsp_tree_write(i, options.bundle, options.to, &progress, out, d);
    cli_progress_end(&bar);
    return e;
}

#define LABEL 10 /* columns */

static void report(const struct ocsp_tree *t)
{
    char this_update[CLOCK_TEXT], next_update[CLOCK_TEXT];
    clock_format(t->this_update, this_update);
    clock_format(t->next_update, next_update);
    screen_field(_("responses"), LABEL, _("%" PRId64 ", %" PRId64 " of them revoked or on hold"), t->responses, t->revoked);
    if (t->responses > 0) {
        screen_field(_("from"), LABEL, "%s", this_update);
        screen_field(_("until"), LABEL, "%s", next_update);
    }
    screen_field(_("folder"), LABEL, "%s", options.to);
    if (t->responses > 0 && t->next_update < clock_now())
        fprintf(stderr, _("ra: these responses ended at %s: nobody will take them any more\n"), next_update);
}

enum err cmd_ocsp_tree(int n, char **operands, struct diag *d)
{
    struct import i;
    struct ocsp_tree tree;
    (void)n;
    (void)operands;
    enum err e = import_read(&policy_table, options.anchors, options.bundle, options.to, &i, d);
    if (e == E_OK)
        e = write_out(&i, &tree, d);
    cmd_import_advise(e, d);
    if (e == E_OK)
        report(&tree);
    import_free(&i);
    return e;
}
