#include "audit/finding.h"

#include <stdio.h>

const char *finding_name(enum finding_kind kind)
{
    static const char *const names[FINDING_KINDS] = {"error", "open", "note"};
    return (unsigned)kind < FINDING_KINDS ? names[kind] : "?";
}

void finding_take(struct findings *f, enum finding_kind kind, enum err code, uint64_t line, const struct diag *what)
{
    if (f->count[kind]++ >= FINDINGS_KEPT)
        return;
    struct finding *one = &f->kept[kind][f->count[kind] - 1];
    one->code = code;
    one->line = line;
    snprintf(one->text, sizeof one->text, "%s", what->text);
    snprintf(one->said, sizeof one->said, "%s", what->said);
}

void finding_give(const struct finding *one, struct diag *what)
{
    *what = (struct diag){.code = one->code};
    snprintf(what->text, sizeof what->text, "%s", one->text);
    snprintf(what->said, sizeof what->said, "%s", one->said);
}

void finding_add(struct findings *f, enum finding_kind kind, enum err code, uint64_t line,
                 const char *format, va_list ap)
{
    struct diag what = {0};
    diag_vset(&what, code, format, ap);
    finding_take(f, kind, code, line, &what);
}
