#include "audit/commands.h"
#include "audit/standing_list.h"
#include "core/clock.h"

static enum err print_list(const struct audit *a, const struct verify_options *o, struct diag *d)
{
    (void)o;
    return a->findings.count[FINDING_ERROR] == 0 ? standing_list_print(a, clock_now(), options.json, d) : E_OK;
}

enum err cmd_status(int n, char **operands, struct diag *d)
{
    (void)n;
    (void)operands;
    return verify_and(print_list, d);
}
