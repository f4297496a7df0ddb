/* page_parts.h - what the parts of the report share while they are told. For page*.c only. */
#ifndef ROOTSEAL_AUDIT_PAGE_PARTS_H
#define ROOTSEAL_AUDIT_PAGE_PARTS_H

#include "audit/page.h"
#include "core/i18n.h"
#include "room/sheet.h"

struct page {
    const struct audit *audit;
    const struct verify_options *options;
    const struct tally *tally;
    int64_t now;
    const struct sheet *sheet;
    struct buf *out;
};

/* "2026-11-27 05:12:33"; "" for a time that has no such form. */
#define PAGE_TIME 20
void page_time(int64_t t, char out[PAGE_TIME]);
/* "25 h 3 min" */
#define PAGE_SPAN 48
void page_span(uint64_t seconds, char out[PAGE_SPAN]);

/* page_pair(p, label, format, ...), page_say(p, tone, format, ...) */
#define page_pair(p, ...) sheet_pair((p)->sheet, (p)->out, __VA_ARGS__)
#define page_say(p, ...) sheet_say((p)->sheet, (p)->out, __VA_ARGS__)

/* A row of a table, cell by cell. Zero-initialise; page_row() writes it and makes it empty. Cells that are missing are empty. */
#define PAGE_CELL SHEET_TEXT
struct page_cells {
    char text[SHEET_COLUMNS_MAX][PAGE_CELL];
    size_t n;
};
void page_cell(struct page_cells *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
void page_row(const struct page *p, const struct sheet_column *columns, struct page_cells *c);

/* A sentence after a list that was cut; nothing for 0. */
void page_more(const struct page *p, uint64_t more);

/* A table of figures: under the first `names` headings the keys, then one column a figure, and a last row with their sums. */
struct page_figures {
    const char *names[TALLY_KEYS + 1];
    struct {
        const char *heading;
        enum tally_figure figure;
    } columns[SHEET_COLUMNS_MAX];
};
void page_figures(const struct page *p, const struct page_figures *what, const struct tally_table *t);

/* The parts. */
void page_open_questions(const struct page *p);
void page_summary(const struct page *p);
ERR_MUST_USE enum err page_outcomes(const struct page *p, struct diag *d);
void page_persons(const struct page *p);
void page_refusals(const struct page *p);
void page_revocations(const struct page *p);
ERR_MUST_USE enum err page_standing(const struct page *p, struct diag *d);
void page_exceptions(const struct page *p);
void page_course(const struct page *p);
void page_months(const struct page *p);
void page_keys(const struct page *p);
void page_notes(const struct page *p);

#endif
