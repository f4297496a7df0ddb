/* pin.h - a PIN or passphrase on its way from a person to the token: in locked memory, wiped after
 * use. */
#ifndef ROOTSEAL_CORE_PIN_H
#define ROOTSEAL_CORE_PIN_H

#include <stddef.h>

#include "core/diag.h"
#include "core/limits.h"

/* Zero-initialise; always end with pin_wipe(). */
struct pin {
    char text[LIMIT_PIN_BYTES + 1]; /* n bytes and a final NUL; none of the n is NUL */
    size_t n;
};

/* How long one may be, in bytes. */
struct pin_length {
    size_t min, max; /* at least 1, at most LIMIT_PIN_BYTES */
};
extern const struct pin_length pin_any_length; /* from 1 to LIMIT_PIN_BYTES */

/* Obtain a PIN: with fd >= 0 the first line of that file descriptor, read up to its newline or end
 * and not a byte further; else from the controlling terminal with echo off, after showing `prompt`,
 * as terminal_ask() does. The struct's pages are locked into memory.
 *
 * At the terminal a line that is empty, too short or too long is a typing error: it is said, and
 * asked for again; "stop" is what stops a ceremony at every other question, so it is E_STOPPED and never
 * a PIN. In a file it is E_PIN_MISSING when it is empty, holds a NUL, or is longer than
 * LIMIT_PIN_BYTES, and E_PIN_LENGTH when it is not of `length`. E_PIN_MISSING also when there is
 * neither fd nor terminal, or the person broke off. E_IO or E_NO_MEMORY when the system does not let
 * the memory be locked. out is wiped on error. */
ERR_MUST_USE enum err pin_read(int fd, const char *prompt, const struct pin_length *length, struct pin *out,
                               struct diag *d);

/* Overwrite. The page stays locked, because another PIN may lie on it and locks do not nest. Safe
 * on a zeroed struct. */
void pin_wipe(struct pin *p);

#endif
