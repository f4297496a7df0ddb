/* screen.h - what stands on a plain terminal of 80 columns and 24 rows, and what has scrolled off it. */
#ifndef ROOTSEAL_TESTS_SCREEN_H
#define ROOTSEAL_TESTS_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#define SCREEN_ROWS 24
#define SCREEN_COLUMNS 80

/* Zero-initialise; end with screen_free(). */
struct screen {
    char *text;  /* all lines from the beginning, as they stand now, a newline after each but the last; UTF-8, a NUL at
                    its end */
    size_t n;
    size_t line; /* where the line of the cursor begins */
    size_t at;   /* where the next character goes: n, or less after a carriage return or backspace */
    char held[8]; /* the beginning of a character or of an escape sequence */
    size_t held_n;
};

/* Write as a program does. Understood are newline, carriage return, backspace and ESC [ K, the only sequence that our programs
 * send; another one, or another control character, is shown as ^X, where a comparison finds it. False without memory. */
bool screen_write(struct screen *s, const char *p, size_t n);

/* Where the text that stands in the 24 rows now begins; lines longer than 80 columns take several rows. */
size_t screen_top(const struct screen *s);

/* How many columns these n bytes of UTF-8 take, two for a wide character. */
size_t screen_width(const char *p, size_t n);

void screen_free(struct screen *s);

#endif
