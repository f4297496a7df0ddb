#include "ra/csv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

static void put_field(struct buf *out, const char *field)
{
    buf_append_byte(out, '"');
    if (field[0] != '\0' && ((unsigned char)field[0] < 0x20 || strchr("=+-@", field[0]) != NULL))
        buf_append_byte(out, '\'');
    for (const char *c = field; *c != '\0'; c++) {
        if (*c == '"')
            buf_append_byte(out, '"');
        buf_append_byte(out, (uint8_t)*c);
    }
    buf_append_byte(out, '"');
}

void csv_row(struct buf *out, const char *const *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_append_byte(out, ',');
        put_field(out, fields[i]);
    }
    buf_append_str(out, "\r\n");
}

/* -- reading -- */

static enum err wrong(const struct csv_reader *r, const char *what, struct diag *d)
{
    return diag_set(d, E_CSV, "line %" PRIu64 ", column %zu: %s", r->line + 1, r->n + 1, what);
}

enum err csv_begin(struct span file, struct csv_reader *out, struct diag *d)
{
    static const uint8_t mark[] = {0xef, 0xbb, 0xbf};
    *out = (struct csv_reader){.rest = file};
    if (file.n >= 2 && ((file.p[0] == 0xff && file.p[1] == 0xfe) || (file.p[0] == 0xfe && file.p[1] == 0xff)))
        return wrong(out, "the table is in UTF-16: save it as CSV in UTF-8", d);
    if (file.n >= sizeof mark && memcmp(file.p, mark, sizeof mark) == 0)
        out->rest = (struct span){file.p + sizeof mark, file.n - sizeof mark};
    return E_OK;
}

static void skip(struct csv_reader *r, size_t n)
{
    r->rest = (struct span){r->rest.p + n, r->rest.n - n};
}

/* How many bytes end a row here: 0, 1 or 2. */
static size_t row_end(const struct csv_reader *r)
{
    const struct span in = r->rest;
    if (in.n > 0 && in.p[0] == '\n')
        return 1;
    return in.n > 1 && in.p[0] == '\r' && in.p[1] == '\n' ? 2 : 0;
}

/* One character of a value, as it is. */
static enum err take_character(struct csv_reader *r, struct diag *d)
{
    uint32_t cp;
    size_t n = text_utf8_next(r->rest.p, r->rest.n, &cp);
    if (n == 0)
        return wrong(r, "this is not UTF-8: save the table as CSV in UTF-8", d);
    if (cp == 0)
        return wrong(r, "a NUL character", d);
    buf_append(&r->texts, r->rest.p, n);
    skip(r, n);
    return E_OK;
}

/* Behind the opening quote. A line end inside belongs to the value. */
static enum err take_quoted(struct csv_reader *r, struct diag *d)
{
    uint64_t began = r->line;
    while (r->rest.n > 0) {
        bool quote = r->rest.p[0] == '"';
        if (quote && (r->rest.n == 1 || r->rest.p[1] != '"')) {
            skip(r, 1);
            if (r->rest.n > 0 && r->rest.p[0] != ',' && row_end(r) == 0)
                return wrong(r, "something stands behind the closing quote", d);
            return E_OK;
        }
        if (quote)
            skip(r, 1);
        if (r->rest.p[0] == '\n')
            r->line++;
        enum err e = take_character(r, d);
        if (e != E_OK)
            return e;
    }
    r->line = began;
    return wrong(r, "the quote that begins here is not closed", d);
}

static enum err take_plain(struct csv_reader *r, struct diag *d)
{
    size_t began = r->texts.len;
    while (r->rest.n > 0 && r->rest.p[0] == ' ')
        skip(r, 1);
    while (r->rest.n > 0 && r->rest.p[0] != ',' && row_end(r) == 0) {
        if (r->rest.p[0] == '"')
            return wrong(r, "a quote in the middle of a value", d);
        if (r->rest.p[0] == '\r')
            return wrong(r, "a carriage return alone", d);
        enum err e = take_character(r, d);
        if (e != E_OK)
            return e;
    }
    while (r->texts.len > began && r->texts.data[r->texts.len - 1] == ' ')
        r->texts.len--;
    return E_OK;
}

static enum err take_cell(struct csv_reader *r, size_t *starts, struct diag *d)
{
    if (r->n == CSV_CELLS)
        return wrong(r, "the row has too many columns", d);
    starts[r->n] = r->texts.len;
    r->cells[r->n].line = r->line + 1;
    bool quoted = r->rest.n > 0 && r->rest.p[0] == '"';
    if (quoted)
        skip(r, 1);
    enum err e = quoted ? take_quoted(r, d) : take_plain(r, d);
    buf_append_byte(&r->texts, '\0');
    r->n += e == E_OK;
    return e;
}

static enum err take_row(struct csv_reader *r, struct diag *d)
{
    size_t starts[CSV_CELLS] = {0};
    bool comma = true;
    enum err e = E_OK;
    while (e == E_OK && comma) {
        e = take_cell(r, starts, d);
        comma = e == E_OK && r->rest.n > 0 && r->rest.p[0] == ',';
        if (comma)
            skip(r, 1);
    }
    if (e == E_OK && (e = buf_err(&r->texts)) != E_OK)
        return diag_set(d, e, "a row of the table");
    for (size_t i = 0; i < r->n && e == E_OK; i++)
        r->cells[i].text = (const char *)r->texts.data + starts[i];
    if (e == E_OK && r->rest.n > 0) {
        skip(r, row_end(r));
        r->line++;
    }
    return e;
}

enum err csv_next(struct csv_reader *r, bool *more, struct diag *d)
{
    r->n = 0;
    buf_reset(&r->texts);
    *more = r->rest.n > 0;
    if (!*more)
        return E_OK;
    if (r->cells == NULL && (r->cells = calloc(CSV_CELLS, sizeof *r->cells)) == NULL)
        return diag_set(d, E_NO_MEMORY, "a row of the table");
    return take_row(r, d);
}

void csv_free(struct csv_reader *r)
{
    free(r->cells);
    buf_free(&r->texts);
    *r = (struct csv_reader){0};
}
