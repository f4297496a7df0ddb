/* words.h - digests as words that can be read aloud: the PGP word list, one word a byte, even
 * and odd positions from two lists, so that a dropped, doubled or swapped word is heard. */
#ifndef ROOTSEAL_CORE_WORDS_H
#define ROOTSEAL_CORE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The word for byte value b at position `at` (from 0). Constant, lower case. */
const char *words_word(size_t at, uint8_t b);

/* Write n bytes as words, `per_line` to a line (0: all on one). Lines are numbered from 1, so that
 * who reads aloud and who listens know where they are: "1  aardvark ...". Each line but the first is
 * begun with `indent`; no newline at the end. 12 bytes of room a word, the indents, 4 bytes a line
 * and one byte more are enough; with less, the text is cut. */
void words_format(const uint8_t *p, size_t n, size_t per_line, const char *indent, char *out,
                  size_t cap);

/* The byte that the n letters at s, in any case, stand for at position `at`; false when that list has no such word, and *b
 * is unchanged. */
bool words_find(size_t at, const char *s, size_t n, uint8_t *b);

/* Read n words (any case, separated by blanks, line ends or hyphens; the lines' numbers may stand
 * among them) back into bytes; false when
 * a word is unknown, in the wrong list, missing or too many, and then out is all zero. */
bool words_parse(const char *s, uint8_t *out, size_t n);

#endif
