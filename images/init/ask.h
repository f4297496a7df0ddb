/* ask.h - questions at the console. What was typed before a question is discarded; ^C at one breaks off. */
#ifndef ROOTSEAL_INIT_ASK_H
#define ROOTSEAL_INIT_ASK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/diag.h"

#define ASK_LINE 128 /* bytes, with the NUL */

/* One line. False when the person broke off. */
bool ask_line(const char *question, char out[ASK_LINE]);

/* One of n things that stand numbered from 1 on the screen; asked again until it is one of them. E_STOPPED when the
 * line is empty or the person broke off. *choice begins with 0. */
ERR_MUST_USE enum err ask_choice(size_t n, size_t *choice, struct diag *d);

/* Wait for the enter key. False when the person broke off. */
bool ask_enter(const char *question);

#endif
