#include <inttypes.h>
#include <stdio.h>

#include "audit/commands.h"
#include "audit/standing_list.h"
#include "core/clock.h"

static enum err print_list(const struct audit *a, const struct verify_options *o, struct diag *d)
{
    (void)o;
    if (a->findings.count[FINDING_ERROR] > 0)
        return E_OK;
    enum err e = standing_list_print(a, clock_now(), options.json, d);
    if (e == E_OK && a->findings.count[FINDING_OPEN] > 0)
        fprintf(stderr, "audit: verified, with %" PRIu64 " open: audit verify tells what\n", a->findings.count[FINDING_OPEN]);
    return e;
}

enum err cmd_status(int n, char **operands, struct diag *d)
{
    (void)n;
    (void)operands;
    return verify_and(NULL, false, print_list, d);
}
