/* letters.h - escaped text with the letters in it that a person reads. */
#ifndef ROOTSEAL_CORE_LETTERS_H
#define ROOTSEAL_CORE_LETTERS_H

#include "core/buf.h"

/* Append printable ASCII in which other characters are escaped as \u{HEX} (text_escape(), name_display()). Those that are
 * Chinese characters, kana, Hangul syllables, or letters of Latin-1 are written as UTF-8; all others stay escaped: marks
 * that combine, what turns the order or is not seen, and scripts whose letters look like ASCII. Failures are told by
 * buf_err(). */
void letters_show(struct span escaped, struct buf *out);

#endif
