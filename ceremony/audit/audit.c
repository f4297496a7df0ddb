#include "audit/audit.h"

#include <stdio.h>
#include <string.h>

void audit_error(struct audit *a, enum err code, const char *format, ...)
{
    va_list ap;
    if (a->findings.count[FINDING_ERROR] == 0) {
        a->holds = a->before;
        a->holds_sealed = a->sealed;
    }
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

/* What log/ says begins with the line, which a finding has anyway. */
static const char *without_line(const struct audit *a, const char *text)
{
    char prefix[64];
    snprintf(prefix, sizeof prefix, LOG_FILE " line %llu: ", (unsigned long long)a->line);
    return strncmp(text, prefix, strlen(prefix)) == 0 ? text + strlen(prefix) : text;
}

enum err audit_take(struct audit *a, enum err e, const struct diag *d)
{
    if (e == E_NO_MEMORY)
        return e;
    if (e != E_OK)
        audit_error(a, e, "%s", d->code == e ? without_line(a, d->text) : "");
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
        return diag_set(d, E_ARCHIVE, "%s", was.text);
    }
    default:
        return e;
    }
}
