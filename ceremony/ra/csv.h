/* csv.h - rows of comma-separated values (RFC 4180), safe to open in a spreadsheet. */
#ifndef ROOTSEAL_RA_CSV_H
#define ROOTSEAL_RA_CSV_H

#include "core/buf.h"

/* Append one row of n fields, ended by CR LF. Every field is quoted. One that begins with = + - @
 * or a control character, which a spreadsheet could take for a formula, gets a single quote in
 * front. Failures are told by buf_err(). */
void csv_row(struct buf *out, const char *const *fields, size_t n);

#endif
