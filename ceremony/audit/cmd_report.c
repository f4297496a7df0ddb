#include <stdio.h>
#include <string.h>

#include "audit/commands.h"
#include "audit/page.h"
#include "core/clock.h"

#define DAY (24 * 3600)

/* A day, at its first second. */
static enum err read_day(const char *option, const char *text, int64_t *out, struct diag *d)
{
    char full[CLOCK_TEXT];
    bool fits = strlen(text) == strlen("2026-01-31");
    snprintf(full, sizeof full, "%.10sT00:00:00Z", text);
    return fits && clock_parse(full, out) ? E_OK : diag_set(d, E_USAGE, "--%s wants a day: 2026-01-31", option);
}

static enum err read_period(struct tally *t, struct diag *d)
{
    enum err e = E_OK;
    t->from = INT64_MIN;
    t->to = INT64_MAX;
    if (options.from != NULL)
        e = read_day("from", options.from, &t->from, d);
    if (e == E_OK && options.to != NULL)
        e = read_day("to", options.to, &t->to, d);
    if (e == E_OK && options.to != NULL)
        t->to += DAY - 1;
    return e == E_OK && t->from > t->to ? diag_set(d, E_USAGE, "--from is after --to") : e;
}

static enum err print_page(const struct audit *a, const struct verify_options *o, struct diag *d)
{
    struct buf out = {0};
    enum err e = page_write(a, o, clock_now(), &out, d);
    if (e == E_OK)
        fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
    return e;
}

enum err cmd_report(int n, char **operands, struct diag *d)
{
    struct tally tally = {0};
    (void)n;
    (void)operands;
    enum err e = read_period(&tally, d);
    if (e == E_OK)
        e = verify_and(&tally, options.policies != NULL, print_page, d);
    tally_free(&tally);
    return e;
}
