/* where.h - one policy file as a tree of lines, so that an error in it can be named by file, line
 * and path.
 *
 * A path is written as yq and jq write it, without the leading dot: profiles[2].validity.period.
 * Indices count from 0.
 */
#ifndef ROOTSEAL_POLICY_WHERE_H
#define ROOTSEAL_POLICY_WHERE_H

#include <stdarg.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/diag.h"

#define WHERE_PATH                                                                                 \
    256 /* bytes in a path, with the NUL; longer ones are cut, which costs only precision */

/* Opaque; free with where_free(). */
struct where;

/* Read the text of one file. `file` is the name that messages carry and must live as long as the
 * result. E_POLICY when it is not YAML 1.1 with exactly one document whose top is a mapping, when a
 * key stands twice in one mapping, when an alias is used, when something is nested deeper than any
 * rule is, or when a scalar holds a character that could deceive a reader (see text_is_plain()).
 * E_NO_MEMORY. */
ERR_MUST_USE enum err where_load(const char *file, struct span text, struct where **out,
                                 struct diag *d);

/* The line (from 1) of the key or entry at the path, or of the nearest thing above it that is
 * there. */
size_t where_line(const struct where *w, const char *path);

/* The name that was given to where_load(). */
const char *where_file(const struct where *w);

/* Record E_POLICY as "file:line: path: message" and return it. An empty path is left out. */
enum err where_error(const struct where *w, struct diag *d, const char *path, const char *format,
                     ...) __attribute__((format(printf, 4, 5)));
enum err where_verror(const struct where *w, struct diag *d, const char *path, const char *format,
                      va_list ap) __attribute__((format(printf, 4, 0)));

void where_free(struct where *w);

#endif
