/* finding.h - what an audit found, in the order in which it was found. */
#ifndef ROOTSEAL_AUDIT_FINDING_H
#define ROOTSEAL_AUDIT_FINDING_H

#include <stdarg.h>
#include <stdint.h>

#include "core/diag.h"

enum finding_kind {
    FINDING_ERROR, /* something is wrong */
    FINDING_OPEN,  /* something could not be checked with what was at hand */
    FINDING_NOTE,  /* nothing is wrong, but somebody should know */
    FINDING_KINDS
};

#define FINDINGS_KEPT 64 /* of each kind; more are only counted */

struct finding {
    enum err code;            /* E_OK unless it is an error */
    uint64_t line;            /* of the log; 0: of no single line */
    char text[DIAG_TEXT_MAX]; /* as in struct diag */
    char said[DIAG_TEXT_MAX];
};

/* Zero-initialise. Nothing to free. */
struct findings {
    struct finding kept[FINDING_KINDS][FINDINGS_KEPT];
    uint64_t count[FINDING_KINDS];
};

/* "error", "open", "note". */
const char *finding_name(enum finding_kind kind);

/* Add one. The format is a text of the catalogue; what it gives is escaped and cut as diag_set() does. */
void finding_add(struct findings *f, enum finding_kind kind, enum err code, uint64_t line,
                 const char *format, va_list ap);

/* Add one with the words of what. */
void finding_take(struct findings *f, enum finding_kind kind, enum err code, uint64_t line, const struct diag *what);

/* The words of one, as finding_take() wants them. */
void finding_give(const struct finding *one, struct diag *what);

#endif
