/* screen.h - text laid out for a plain terminal of 80 columns and 24 rows, in which a Chinese character takes two columns. */
#ifndef ROOTSEAL_CORE_SCREEN_H
#define ROOTSEAL_CORE_SCREEN_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/digest.h"

#define SCREEN_COLUMNS 80
#define SCREEN_ROWS 24

/* How many columns this UTF-8 text takes: two for a wide character (Unicode's East Asian Width W and F), none for a
 * combining mark, one for any other. A stray byte counts one. */
size_t screen_columns(const char *text);

/* Print the label and the blanks that fill it up to `width` columns; at least one blank. How many columns they take. */
size_t screen_label(const char *label, size_t width);

/* screen_label() into a buffer. */
void screen_put_label(struct buf *out, const char *label, size_t width);

/* How many bytes of a line of text go on a row with `room` columns, cut as screen_fold() does it; and how many are its
 * first `columns` columns. */
size_t screen_row(const char *text, size_t room);
size_t screen_bytes(const char *text, size_t columns);

/* Print a line of text that began at column `at`. Where stdout is a terminal it is folded, at blanks or beside a wide
 * character, so that no row has more than 80 columns; each row but the first begins with `indent` blanks. A word longer than a row
 * is broken, before a backslash where it has one. Elsewhere the line stays whole, for whoever reads it with a program. */
void screen_fold(size_t at, size_t indent, const char *text);

/* screen_label(), then screen_fold() of the text with as much indent as the label was wide. */
void screen_field(const char *label, size_t width, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A field of something that was named on the line before: four blanks, a label of eleven columns. And a digest there. */
void screen_item(const char *label, const char *format, ...) __attribute__((format(printf, 2, 3)));
void screen_item_words(const char *label, const uint8_t digest[DIGEST_LEN]);

/* A digest as words (core/words.h), four on a row, the rows numbered; the label stands before the first. */
void screen_words(const char *label, size_t width, const uint8_t digest[DIGEST_LEN]);

#endif
