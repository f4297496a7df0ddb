#include "audit/page_parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"

void page_time(int64_t t, char out[PAGE_TIME])
{
    char text[CLOCK_TEXT];
    clock_format(t, text);
    snprintf(out, PAGE_TIME, "%.*s", PAGE_TIME - 1, text);
    if (out[0] != '\0')
        out[strlen("2026-11-27")] = ' ';
}

void page_span(uint64_t seconds, char out[PAGE_SPAN])
{
    snprintf(out, PAGE_SPAN, _("%" PRIu64 " h %" PRIu64 " min"), seconds / 3600, seconds / 60 % 60);
}

void page_cell(struct page_cells *c, const char *format, ...)
{
    va_list ap;
    if (c->n == SHEET_COLUMNS_MAX)
        return;
    va_start(ap, format);
    vsnprintf(c->text[c->n++], PAGE_CELL, format, ap);
    va_end(ap);
}

void page_row(const struct page *p, const struct sheet_column *columns, struct page_cells *c)
{
    const char *cells[SHEET_COLUMNS_MAX];
    for (size_t i = 0; i < SHEET_COLUMNS_MAX; i++)
        cells[i] = i < c->n ? c->text[i] : "";
    p->sheet->row(p->out, columns, cells);
    c->n = 0;
}

void page_more(const struct page *p, uint64_t more)
{
    if (more > 0)
        page_say(p, SHEET_PLAIN, _("And %" PRIu64 " more."), more);
}

/* -- figures -- */

static void figures_row(const struct page *p, const struct page_figures *what, const struct sheet_column *columns,
                        const struct tally_row *row, const char *first)
{
    struct page_cells c = {0};
    for (size_t i = 0; what->names[i] != NULL; i++)
        page_cell(&c, "%s", i == 0 && first != NULL ? first : row->key[i][0] != '\0' ? row->key[i] : first != NULL ? "" : "–");
    for (size_t i = 0; i < SHEET_COLUMNS_MAX && what->columns[i].heading != NULL; i++)
        page_cell(&c, "%" PRIu64, row->figure[what->columns[i].figure]);
    page_row(p, columns, &c);
}

static bool has_figures(const struct page_figures *what, const struct tally_row *row)
{
    bool has = false;
    for (size_t i = 0; i < SHEET_COLUMNS_MAX && what->columns[i].heading != NULL; i++)
        has = has || row->figure[what->columns[i].figure] > 0;
    return has;
}

void page_figures(const struct page *p, const struct page_figures *what, const struct tally_table *t)
{
    struct sheet_column columns[SHEET_COLUMNS_MAX + 1] = {0};
    struct tally_row all = t->rest;
    size_t n = 0, rows = 0;
    for (size_t i = 0; what->names[i] != NULL; i++)
        columns[n++].heading = what->names[i];
    for (size_t i = 0; n < SHEET_COLUMNS_MAX && what->columns[i].heading != NULL; i++)
        columns[n++] = (struct sheet_column){.heading = what->columns[i].heading, .number = true};
    p->sheet->table(p->out, columns);
    for (size_t i = 0; i < t->n; i++) {
        if (!has_figures(what, &t->v[i]))
            continue;
        figures_row(p, what, columns, &t->v[i], NULL);
        rows++;
        for (size_t k = 0; k < TALLY_FIGURES; k++)
            all.figure[k] += t->v[i].figure[k];
    }
    if (t->has_rest)
        figures_row(p, what, columns, &t->rest, _("all others"));
    if (rows != 1 || t->has_rest)
        figures_row(p, what, columns, &all, _("all"));
    p->sheet->table_end(p->out);
}
