#include "audit/audit.h"

#include <stdio.h>
#include <string.h>

#include "core/i18n.h"

/* What came before the first error holds. */
static void before_error(struct audit *a)
{
    if (a->findings.count[FINDING_ERROR] == 0) {
        a->holds = a->before;
        a->holds_sealed = a->sealed;
    }
}

void audit_error(struct audit *a, enum err code, const char *format, ...)
{
    va_list ap;
    before_error(a);
    va_start(ap, format);
    finding_add(&a->findings, FINDING_ERROR, code, a->line, format, ap);
    va_end(ap);
}

void audit_open(struct audit *a, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    finding_add(&a->findings, FINDING_OPEN, E_OK, a->line, format, ap);
    va_end(ap);
}

void audit_note(struct audit *a, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    finding_add(&a->findings, FINDING_NOTE, E_OK, a->line, format, ap);
    va_end(ap);
}

static void cut_off(char *text, const char *prefix)
{
    size_t n = strlen(prefix);
    if (strncmp(text, prefix, n) == 0)
        memmove(text, text + n, strlen(text + n) + 1);
}

/* What log/ says begins with the line, which a finding has anyway. */
static void cut_line_off(const struct audit *a, struct diag *d)
{
    char prefix[64];
    snprintf(prefix, sizeof prefix, "%s line %llu: ", LOG_FILE, (unsigned long long)a->line);
    cut_off(d->text, prefix);
    snprintf(prefix, sizeof prefix, _("%s line %llu: "), LOG_FILE, (unsigned long long)a->line);
    cut_off(d->said, prefix);
}

enum err audit_take(struct audit *a, enum err e, const struct diag *d)
{
    struct diag found = {0};
    if (e == E_OK || e == E_NO_MEMORY)
        return e;
    if (d->code == e) {
        found = *d;
        cut_line_off(a, &found);
        diag_again(&found, e, &found);
    }
    before_error(a);
    finding_take(&a->findings, FINDING_ERROR, e, a->line, &found);
    return E_OK;
}

enum err audit_archive(enum err e, struct diag *d)
{
    switch (e) {
    case E_IO:
    case E_MEDIUM:
    case E_MEDIUM_FILE:
    case E_MEDIUM_LIMIT:
    case E_PLAN_MISSING: {
        struct diag was = *d;
        return diag_again(d, E_ARCHIVE, &was);
    }
    default:
        return e;
    }
}
