#include "batch/lateness.h"

#define MOMENT 60 /* seconds */

bool lateness_of(const struct policy_authority *a, enum plan_act act, int64_t asked, int64_t now)
{
    return act == PLAN_REVOKE && a->revoke_within > 0 && now - asked > a->revoke_within;
}

bool lateness_fits(const struct policy_authority *a, enum plan_act act, int64_t asked, int64_t line, bool late)
{
    return late ? lateness_of(a, act, asked, line) : !lateness_of(a, act, asked, line - MOMENT);
}
