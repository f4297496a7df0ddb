#include "core/diag.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/i18n.h"
#include "core/text.h"

static void record(struct diag *d, enum err code, const char *clause, const char *raw)
{
    if (d == NULL)
        return;
    d->code = code;
    d->advice[0] = '\0';
    const char *from = clause != NULL && clause[0] != '\0' ? clause : err_clause(code);
    if (from != d->clause)
        snprintf(d->clause, sizeof d->clause, "%s", from);
    text_escape(d->text, sizeof d->text, raw, strlen(raw));
}

enum err diag_set(struct diag *d, enum err code, const char *format, ...)
{
    char raw[2 * DIAG_TEXT_MAX];
    va_list ap;
    va_start(ap, format);
    vsnprintf(raw, sizeof raw, format, ap);
    va_end(ap);
    record(d, code, NULL, raw);
    return code;
}

enum err diag_set_clause(struct diag *d, enum err code, const char *clause, const char *format, ...)
{
    char raw[2 * DIAG_TEXT_MAX];
    va_list ap;
    va_start(ap, format);
    vsnprintf(raw, sizeof raw, format, ap);
    va_end(ap);
    record(d, code, clause, raw);
    return code;
}

enum err diag_errno(struct diag *d, int errnum, const char *format, ...)
{
    char raw[2 * DIAG_TEXT_MAX];
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(raw, sizeof raw, format, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < sizeof raw)
        snprintf(raw + n, sizeof raw - (size_t)n, ": %s", strerror(errnum));
    enum err code = err_from_errno(errnum);
    record(d, code, NULL, raw);
    return code;
}

void diag_advise(struct diag *d, const char *advice)
{
    if (d != NULL)
        snprintf(d->advice, sizeof d->advice, "%s", advice);
}

void diag_clear(struct diag *d)
{
    *d = (struct diag){0};
}

void diag_format(const char *program, enum err code, const struct diag *d, char *out, size_t cap)
{
    bool fits = d != NULL && d->code == code;
    const char *text = fits ? d->text : "";
    const char *clause = fits ? d->clause : err_clause(code);
    const char *advice = fits && d->advice[0] != '\0' ? d->advice : err_advice(code);
    int n = snprintf(out, cap, "%s: %s: %s%s%s%s%s%s\n", program, err_name(code), _(err_sentence(code)),
                     text[0] != '\0' ? ": " : "", text, clause[0] != '\0' ? " [" : "", clause, clause[0] != '\0' ? "]" : "");
    if (advice[0] != '\0' && n > 0 && (size_t)n < cap)
        snprintf(out + n, cap - (size_t)n, "%s: %s: %s\n", program, _("what to do"), _(advice));
}

void diag_print(const char *program, enum err code, const struct diag *d)
{
    char text[1200];
    diag_format(program, code, d, text, sizeof text);
    fputs(text, stderr);
}
