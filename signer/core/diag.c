#include "core/diag.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/i18n.h"
#include "core/text.h"

/* What follows the formatted text: nothing, or ": " and this, as it is kept and as it is said. */
struct tail {
    const char *text;
    const char *said;
};

static const struct tail no_tail = {"", ""};

/* One of the two texts, not yet escaped. */
static __attribute__((format(printf, 3, 0))) void compose(char *raw, size_t cap, const char *format, va_list ap, const char *tail)
{
    int n = vsnprintf(raw, cap, format, ap);
    if (n >= 0 && (size_t)n < cap && tail[0] != '\0')
        snprintf(raw + n, cap - (size_t)n, ": %s", tail);
}

static void begin(struct diag *d, enum err code, const char *clause)
{
    d->code = code;
    d->advice[0] = '\0';
    const char *from = clause != NULL && clause[0] != '\0' ? clause : err_clause(code);
    if (from != d->clause)
        snprintf(d->clause, sizeof d->clause, "%s", from);
}

static __attribute__((format(printf, 5, 0))) enum err record(struct diag *d, enum err code, const char *clause, struct tail tail,
                                                             const char *format, va_list ap)
{
    char raw[2 * DIAG_TEXT_MAX], said[2 * DIAG_TEXT_MAX];
    if (d == NULL)
        return code;
    va_list again;
    va_copy(again, ap);
    compose(raw, sizeof raw, format, ap, tail.text);
    compose(said, sizeof said, i18n(format), again, tail.said);
    va_end(again);
    begin(d, code, clause);
    text_escape(d->text, sizeof d->text, raw, strlen(raw));
    text_escape_chinese(d->said, sizeof d->said, said, strlen(said));
    return code;
}

enum err diag_vset(struct diag *d, enum err code, const char *format, va_list ap)
{
    return record(d, code, NULL, no_tail, format, ap);
}

enum err diag_set(struct diag *d, enum err code, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    record(d, code, NULL, no_tail, format, ap);
    va_end(ap);
    return code;
}

enum err diag_set_clause(struct diag *d, enum err code, const char *clause, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    record(d, code, clause, no_tail, format, ap);
    va_end(ap);
    return code;
}

enum err diag_errno(struct diag *d, int errnum, const char *format, ...)
{
    const char *words = strerror(errnum);
    enum err code = err_from_errno(errnum);
    va_list ap;
    va_start(ap, format);
    record(d, code, NULL, (struct tail){words, words}, format, ap);
    va_end(ap);
    return code;
}

enum err diag_wrap(struct diag *d, enum err code, const struct diag *why, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    record(d, code, NULL, (struct tail){why->text, why->said}, format, ap);
    va_end(ap);
    return code;
}

enum err diag_wrap_clause(struct diag *d, enum err code, const char *clause, const struct diag *why, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    record(d, code, clause, (struct tail){why->text, why->said}, format, ap);
    va_end(ap);
    return code;
}

enum err diag_again(struct diag *d, enum err code, const struct diag *why)
{
    return diag_again_clause(d, code, NULL, why);
}

enum err diag_again_clause(struct diag *d, enum err code, const char *clause, const struct diag *why)
{
    if (d == NULL)
        return code;
    const struct diag was = *why;
    begin(d, code, clause);
    text_escape(d->text, sizeof d->text, was.text, strlen(was.text));
    text_escape_chinese(d->said, sizeof d->said, was.said, strlen(was.said));
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
    const char *text = fits ? d->said : "";
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
