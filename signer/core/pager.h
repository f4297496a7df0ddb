/* pager.h - a long text at a terminal, a page at a time: nothing scrolls away before it was read. */
#ifndef ROOTSEAL_CORE_PAGER_H
#define ROOTSEAL_CORE_PAGER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/diag.h"

/* Zero-initialise, then pager_begin(). */
struct pager {
    bool on;      /* standard input and output are terminals; otherwise everything is printed as it comes */
    bool stopped; /* q was typed */
    size_t rows;  /* printed on this page */
};

/* So many rows stand on the first page already. */
void pager_begin(struct pager *p, size_t rows);

/* Print text, lines that end with a newline. On a terminal each is folded to its 80 columns (core/screen.h); what is
 * folded goes on below column `indent`. Before a row that would not be seen together with those above it since the last
 * page, "-- more: Enter, q to stop --" waits for a line. E_NOT_CONFIRMED when that was q, or there was none. */
ERR_MUST_USE enum err pager_print(struct pager *p, size_t indent, const struct buf *text, struct diag *d);

/* What comes next takes this many rows and is to be seen at once: turn the page before it, unless it fits. */
ERR_MUST_USE enum err pager_keep_together(struct pager *p, size_t rows, struct diag *d);

#endif
