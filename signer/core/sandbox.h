/* sandbox.h - shut a process in before it touches what it must not trust, or what must not be touched.
 *
 * Landlock (Linux 5.13) says which files the process can still open, for good and for all threads to come; core/filter.h
 * says what it can still do with them. Where the kernel lacks either the programs refuse to work (E_SANDBOX); only a build
 * that is marked for development goes on without, and says so in its version, its banner and the log.
 */
#ifndef ROOTSEAL_CORE_SANDBOX_H
#define ROOTSEAL_CORE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "core/diag.h"

/* The kernel has no `what`: E_SANDBOX, and E_OK in a development build. */
ERR_MUST_USE enum err sandbox_absent(struct diag *d, const char *what, int errnum);

struct sandbox; /* the files that stay within reach */

ERR_MUST_USE enum err sandbox_new(struct sandbox **out, struct diag *d);
void sandbox_free(struct sandbox *s);

/* Everything below the folder that fd is open on, or the file itself, can be read; with write also be changed, made,
 * removed and renamed. E_SANDBOX. */
ERR_MUST_USE enum err sandbox_allow_fd(struct sandbox *s, int fd, bool write, struct diag *d);

/* The same by name; what is not there is passed over, since nothing can be opened there. */
ERR_MUST_USE enum err sandbox_allow(struct sandbox *s, const char *path, bool write, struct diag *d);

/* From here on no file can be opened but those allowed. What is open already stays open. E_SANDBOX. */
ERR_MUST_USE enum err sandbox_enter(const struct sandbox *s, struct diag *d);

#endif
