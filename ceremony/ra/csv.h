/* csv.h - rows of comma-separated values (RFC 4180). */
#ifndef ROOTSEAL_RA_CSV_H
#define ROOTSEAL_RA_CSV_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/diag.h"

/* -- writing, safe to open in a spreadsheet -- */

/* Append one row of n fields, ended by CR LF. Every field is quoted. One that begins with = + - @
 * or a control character, which a spreadsheet could take for a formula, gets a single quote in
 * front. Failures are told by buf_err(). */
void csv_row(struct buf *out, const char *const *fields, size_t n);

/* -- reading -- */

/* One value: UTF-8 without NUL, blanks at its ends taken off when it was not quoted. */
struct csv_cell {
    const char *text; /* belongs to the reader, until the next row */
    uint64_t line;    /* where it begins in the file, from 1 */
};

/* Made by csv_begin(); free with csv_free(). */
struct csv_reader {
    struct span rest;
    uint64_t line;          /* lines before rest */
    struct csv_cell *cells; /* of the row read last */
    size_t n;
    struct buf texts;
};

#define CSV_CELLS 256 /* in one row at most */

/* Begin: a byte order mark is passed over. E_CSV for UTF-16. */
ERR_MUST_USE enum err csv_begin(struct span file, struct csv_reader *out, struct diag *d);

/* The next row; one that ends by LF or CR LF, or at the end of the file. *more is false after the last. E_CSV, with line and
 * column in the diag: a quote that is not closed or stands in the middle of a value, something behind a closing quote, a CR
 * alone, NUL, bytes that are not UTF-8, too many cells. E_NO_MEMORY. Nothing can be read after an error. */
ERR_MUST_USE enum err csv_next(struct csv_reader *r, bool *more, struct diag *d);
void csv_free(struct csv_reader *r);

#endif
