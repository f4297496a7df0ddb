/* own_letters.h - names that are shown with escapes, once more in their own characters. */
#ifndef ROOTSEAL_CEREMONY_OWN_LETTERS_H
#define ROOTSEAL_CEREMONY_OWN_LETTERS_H

#include "core/buf.h"

#define OWN_LETTERS_DETAIL 4 /* columns that a detail is indented */

/* Append the lines of text, and below each that has escapes the same as core/letters.h writes it, from this column on; a line
 * that is indented deeper than a detail has it at its own. */
void own_letters_put(const struct buf *text, size_t column, struct buf *out);

#endif
