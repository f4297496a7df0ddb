/* clock.h - UTC times as everything here writes them: YYYY-MM-DDThh:mm:ssZ (RFC 3339, seconds,
 * always Z). */
#ifndef ROOTSEAL_CORE_CLOCK_H
#define ROOTSEAL_CORE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_TEXT 21 /* with the NUL */

/* Seconds since 1970-01-01T00:00:00Z by the system's clock. */
int64_t clock_now(void);

/* Write t as text. A t outside the years 1970..9999 has no such form and gives the empty text,
 * which clock_parse() does not read. */
void clock_format(int64_t t, char out[CLOCK_TEXT]);

/* Read the one canonical form, years 1970..9999; false (and *t zero) for anything else, dates
 * that do not exist and leap seconds included. */
bool clock_parse(const char *s, int64_t *t);

#endif
