/* diag.h - where an error happened, in words fit for a terminal. */
#ifndef ROOTSEAL_CORE_DIAG_H
#define ROOTSEAL_CORE_DIAG_H

#include <stdarg.h>
#include <stddef.h>

#include "core/err.h"
#include "core/limits.h"

#define DIAG_TEXT_MAX 400

/* The place and detail of one error. Zero-initialise. A function that takes a diag fills it when, and only when, it
 * returns something else than E_OK. A plain value: it can be copied, and sent from one process to another.
 * The text is printable ASCII whatever went into it, and the same in every language: it is for what is kept (plans, results,
 * logs, transcripts, JSON). A person reads what is said: the same in the person's language (core/i18n.h), where only the
 * catalogue's words are not ASCII. */
struct diag {
    enum err code;
    char clause[LIMIT_CLAUSE + 1]; /* the policy row's clause, or the table's; "" when there is none */
    char advice[80]; /* for who reads it in this program; "": the table's */
    char text[DIAG_TEXT_MAX];
    char said[DIAG_TEXT_MAX];
};

/* Record code with a place. The format is a text of the catalogue. The formatted text is escaped by text_escape() before it is stored, cut with "..." when it
 * is longer than DIAG_TEXT_MAX. The clause becomes the table's. d may be NULL. Returns code, so that a caller can
 * write `return diag_set(d, E_X, ...)`. */
enum err diag_set(struct diag *d, enum err code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, with the clause of a policy row; an empty or NULL clause leaves the table's. */
enum err diag_set_clause(struct diag *d, enum err code, const char *clause, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for a failed system call: the code follows errno, the text ends with its description. */
enum err diag_errno(struct diag *d, int errnum, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* diag_set() for a function that has arguments of its own. */
enum err diag_vset(struct diag *d, enum err code, const char *format, va_list ap) __attribute__((format(printf, 3, 0)));

/* The same with another error in it: "place: why's text", or without ": " when why has no text. d may be why. */
enum err diag_wrap(struct diag *d, enum err code, const struct diag *why, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
enum err diag_wrap_clause(struct diag *d, enum err code, const char *clause, const struct diag *why, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* why's text alone, under another code. d may be why. */
enum err diag_again(struct diag *d, enum err code, const struct diag *why);
enum err diag_again_clause(struct diag *d, enum err code, const char *clause, const struct diag *why);

/* The table's advice speaks to who runs the appliance; an auditor or an RA may have something else to do. After diag_set();
 * N_(), printable ASCII, fewer than 80 characters. d may be NULL. */
void diag_advise(struct diag *d, const char *advice);

/* Forget what was recorded. */
void diag_clear(struct diag *d);

/* Write two lines: "program: CODE: sentence: text [clause]" and "program: what to do: advice", sentence, text and
 * advice in the person's language, the clause as it is everywhere. out is cut when cap is too
 * small; 1200 always suffice for a clause as long as the policy's may be. */
void diag_format(const char *program, enum err code, const struct diag *d, char *out, size_t cap);

/* Print them to stderr. */
void diag_print(const char *program, enum err code, const struct diag *d);

#endif
