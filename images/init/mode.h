/* mode.h - what an image is for: production, or training with a token in software. The image says it in a file of its
 * verity root, which nobody can change without changing the image; nothing typed at boot does. */
#ifndef ROOTSEAL_INIT_MODE_H
#define ROOTSEAL_INIT_MODE_H

#include <stddef.h>

#include "core/diag.h"

#define MODE_FILE "/etc/rootseal/mode"

enum mode { MODE_PRODUCTION, MODE_TRAINING };

/* "production" or "training": in the file, and as the subsystem in the header of a state medium. Constant. */
const char *mode_name(enum mode mode);

/* The mode that n bytes name, one word and at most one newline. False for anything else. */
bool mode_parse(const char *text, size_t n, enum mode *out);

/* Read MODE_FILE, or another one. E_MEDIUM when it is not there or names none. */
ERR_MUST_USE enum err mode_read(const char *path, enum mode *out, struct diag *d);

#endif
