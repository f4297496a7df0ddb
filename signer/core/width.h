/* width.h - how many columns of a terminal, or of plain text, a character takes, whatever the locale. */
#ifndef ROOTSEAL_CORE_WIDTH_H
#define ROOTSEAL_CORE_WIDTH_H

#include <stddef.h>
#include <stdint.h>

/* 2 for what is wide (Unicode Standard Annex #11, by the block: Chinese characters and their punctuation), 0 for the combining
 * marks of Latin letters, else 1. */
int width_of(uint32_t cp);

/* Of n bytes of UTF-8; a byte that is none of it counts as one column. */
size_t width_text(const char *s, size_t n);

#endif
