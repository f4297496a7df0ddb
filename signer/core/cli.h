/* cli.h - what the command lines of all programs have in common. */
#ifndef ROOTSEAL_CORE_CLI_H
#define ROOTSEAL_CORE_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "core/diag.h"
#include "core/i18n.h"

/* One option of a command; exactly one of text, number, flag is set. */
struct cli_option {
    const char *name;    /* without the dashes */
    const char *value;   /* what --help calls its value; NULL for a flag */
    const char *help;    /* N_() */
    const char **text;
    int *number;         /* a decimal number of 0 to 1,000,000 */
    bool *flag;
    bool required;
};

/* One command: `program command --option VALUE ... [operand ...]`. */
struct cli_command {
    const char *name;
    const char *help;    /* one line; N_() */
    const struct cli_option *(*options)(void); /* at most 64, ends with a NULL name; may be NULL */
    const char *operands; /* what --help calls them; NULL when there are none */
    enum err (*run)(int operands_n, char **operands, struct diag *d);
};

/* Choose the language (core/i18n.h), guard the process (core/guard.h), find the
 * command, read its options, run it, print the error if any. Returns the exit status. An option can be given once.
 * `about` is the program in one line; N_(). --help and --version work for the program and for each command. commands ends with
 * a NULL name. */
int cli_main(const char *program, const char *about, const struct cli_command *commands, int argc, char **argv);

/* A bar on stderr with rate and time left, for work of known size; silent when stderr is no terminal. Zero-initialise
 * with the label. */
struct cli_progress {
    const char *label;
    int64_t started_ms, shown_ms;
    bool shown;
};
void cli_progress_step(void *progress, uint64_t done, uint64_t total);
/* Take the bar off the screen, so that something can be printed; the next step shows it again. */
void cli_progress_hide(struct cli_progress *p);
/* End the bar's line. */
void cli_progress_end(struct cli_progress *p);

#endif
