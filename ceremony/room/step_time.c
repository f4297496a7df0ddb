#include <stdio.h>
#include <time.h>

#include "core/clock.h"
#include "core/i18n.h"
#include "core/screen.h"
#include "room/past.h"
#include "room/steps.h"

static void show_now(void)
{
    const time_t now = (time_t)clock_now();
    char utc[CLOCK_TEXT], here[64];
    struct tm tm;
    clock_format(now, utc);
    if (localtime_r(&now, &tm) == NULL || strftime(here, sizeof here, "%Y-%m-%d %H:%M:%S %z %Z", &tm) == 0)
        snprintf(here, sizeof here, "%s", _("unknown"));
    screen_item("UTC", "%s", utc);
    screen_item(_("here"), "%s", here);
}

enum err step_time_show(struct room *r, const struct script_step *s, struct diag *d)
{
    struct past past;
    char last[CLOCK_TEXT];
    (void)s;
    enum err e = past_read(r->state_fd, r->script->name, &past, d);
    if (e != E_OK)
        return e;
    show_now();
    clock_format(past.time, last);
    if (past.state)
        screen_item(_("the log"), _("%s, line %llu"), last, (unsigned long long)past.size);
    printf("%s", _("Compare the clock with another one.\n"));
    return E_OK;
}

/* It cannot go back behind the log; that it has gone far on must be seen by somebody. */
enum err step_time(struct room *r, const struct script_step *s, struct diag *d)
{
    struct past past;
    const int64_t now = clock_now();
    char last[CLOCK_TEXT];
    (void)s;
    enum err e = past_read(r->state_fd, r->script->name, &past, d);
    if (e != E_OK || !past.state)
        return e;
    clock_format(past.time, last);
    if (now < past.time)
        return diag_set(d, E_CLOCK_BEHIND, "the last line of the log is of %s", last);
    if (now - past.time > policy_table.limits.clock_jump)
        return diag_set_clause(d, E_CLOCK_JUMP, policy_table.limits.clause, "the last line of the log is of %s", last);
    return E_OK;
}
