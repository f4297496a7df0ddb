/* terminal.h - a question at the controlling terminal, and the line that a person types: whatever standard input and output
 * are connected with. */
#ifndef ROOTSEAL_CORE_TERMINAL_H
#define ROOTSEAL_CORE_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/diag.h"

/* Write text to the terminal. False when there is none. */
bool terminal_say(const char *text);

/* Show the prompt and read one line. What was typed before is discarded: nobody saw then what it would answer. With hidden,
 * echo is off meanwhile. A signal that comes (SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP) takes effect when the terminal is as
 * it was and out is wiped. *n is the length of the line without its newline; of one that does not fit into cap bytes with a
 * NUL nothing is kept, and *n is cap. out may hold a secret: nothing of the line is left elsewhere. E_PIN_MISSING when there is no
 * terminal, or when the person broke off; out is wiped then. */
ERR_MUST_USE enum err terminal_ask(const char *prompt, bool hidden, char *out, size_t cap, size_t *n, struct diag *d);

/* Ask a question that is answered with y or yes, in either case; every other line, or none, is no. */
bool terminal_yes(const char *question);

#endif
