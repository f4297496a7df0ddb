#include "audit/finding.h"

#include <stdio.h>

const char *finding_name(enum finding_kind kind)
{
    static const char *const names[FINDING_KINDS] = {"error", "open", "note"};
    return (unsigned)kind < FINDING_KINDS ? names[kind] : "?";
}

void finding_add(struct findings *f, enum finding_kind kind, enum err code, uint64_t line,
                 const char *format, va_list ap)
{
    char raw[2 * DIAG_TEXT_MAX];
    struct diag escaped = {0};
    if (f->count[kind]++ >= FINDINGS_KEPT)
        return;
    struct finding *one = &f->kept[kind][f->count[kind] - 1];
    vsnprintf(raw, sizeof raw, format, ap);
    diag_set(&escaped, code, "%s", raw);
    one->code = code;
    one->line = line;
    snprintf(one->text, sizeof one->text, "%s", escaped.text);
}
