#include "ra/table.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/i18n.h"
#include "ra/csv.h"

#define TABLE_BYTES (64u << 20)
#define SHOWN 100 /* errors that are told one by one */

struct table {
    struct addition *a;
    const char *name;     /* of the file, without its folder */
    char *folder;         /* where it lies */
    const char *operator_;
    struct csv_reader rows;
    enum draft_field columns[CSV_CELLS];
    size_t columns_n;
    int64_t errors;
    struct diag first;
};

/* Remember it, and go on with the next row. */
static void tell(struct table *t, enum err e, const struct diag *why)
{
    if (t->errors++ == 0)
        t->first = *why;
    if (t->errors <= SHOWN)
        fprintf(stderr, "%s: %s\n", err_name(e), why->said);
    else if (t->errors == SHOWN + 1)
        fputs(_("... and more\n"), stderr);
}

/* What ends everything, and is not about one row. */
static bool stops(enum err e)
{
    return e == E_NO_MEMORY || e == E_CRYPTO;
}

/* What is wrong with this column of the row at hand; with the row, when the column is none. */
static enum err place(struct table *t, size_t column, const struct diag *why, struct diag *d)
{
    const struct csv_cell *cell = &t->rows.cells[column < t->rows.n ? column : 0];
    if (column >= t->columns_n)
        return diag_wrap_clause(d, why->code, why->clause, why, "%s line %" PRIu64 "", t->name, cell->line);
    return diag_wrap_clause(d, why->code, why->clause, why, "%s line %" PRIu64 ", column %zu (%s)", t->name, cell->line,
                            column + 1, draft_name(t->columns[column]));
}

static size_t column_of(const struct table *t, enum draft_field f)
{
    size_t i = 0;
    while (i < t->columns_n && t->columns[i] != f)
        i++;
    return i;
}

static void tell_field(void *arg, enum draft_field f, const struct diag *why)
{
    struct table *t = arg;
    struct diag placed = {0};
    tell(t, place(t, column_of(t, f), why, &placed), &placed);
}

/* -- the header row -- */

static enum err take_column(struct table *t, size_t i, struct diag *d)
{
    const struct csv_cell *cell = &t->rows.cells[i];
    enum draft_field f = draft_by_name(cell->text);
    if (f == DRAFT_FIELDS)
        return diag_set(d, E_FIELD_UNKNOWN, "%s line %" PRIu64 ", column %zu: there is no column \"%s\"", t->name, cell->line,
                        i + 1, cell->text);
    for (size_t k = 0; k < i; k++)
        if (t->columns[k] == f)
            return diag_set(d, E_FIELD_VALUE, "%s line %" PRIu64 ", column %zu: a second column \"%s\"", t->name, cell->line,
                            i + 1, cell->text);
    t->columns[i] = f;
    return E_OK;
}

static enum err next_row(struct table *t, bool *more, struct diag *d)
{
    struct diag why = {0};
    enum err e = csv_next(&t->rows, more, &why);
    return e == E_OK ? E_OK : diag_wrap_clause(d, e, why.clause, &why, "%s", t->name);
}

static enum err take_header(struct table *t, struct diag *d)
{
    bool more;
    enum err e = next_row(t, &more, d);
    if (e == E_OK && !more)
        return diag_set(d, E_NO_REQUESTS, "%s is empty", t->name);
    for (size_t i = 0; e == E_OK && i < t->rows.n; i++)
        e = take_column(t, i, d);
    t->columns_n = e == E_OK ? t->rows.n : 0;
    return e;
}

/* -- the others -- */

static bool is_blank(const struct csv_reader *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->cells[i].text[0] != '\0')
            return false;
    return true;
}

/* A request that draft_request() has found good. */
static enum err put_request(struct table *t, struct request *r, struct diag *d)
{
    char row[NAME_MAX + 64];
    struct diag why = {0};
    snprintf(row, sizeof row, "%s line %" PRIu64, t->name, t->rows.cells[0].line);
    enum err e = addition_put(t->a, r, row, &why);
    if (stops(e))
        *d = why;
    else if (e != E_OK)
        tell(t, e, &why);
    return stops(e) ? e : E_OK;
}

/* What is wrong with the row is told; an error ends the table. */
static enum err add_row(struct table *t, struct diag *d)
{
    struct draft draft = {.folder = t->folder, .text[DRAFT_OPERATOR] = t->operator_, .tell = tell_field, .arg = t};
    struct request r = {0};
    enum draft_field wrong;
    struct diag why = {0};
    if (t->rows.n != t->columns_n) {
        tell(t, diag_set(&why, E_CSV, "%s line %" PRIu64 ": columns: %zu, in the header: %zu", t->name,
                         t->rows.cells[0].line, t->rows.n, t->columns_n), &why);
        return E_OK;
    }
    for (size_t i = 0; i < t->columns_n; i++)
        if (t->rows.cells[i].text[0] != '\0')
            draft.text[t->columns[i]] = t->rows.cells[i].text;
    enum err e = draft_request(&draft, t->a->authority, t->a->now, &r, &wrong, &why);
    if (e == E_OK)
        e = put_request(t, &r, d);
    else if (stops(e))
        *d = why;
    else
        e = E_OK;
    request_free(&r);
    return e;
}

static enum err add_rows(struct table *t, struct diag *d)
{
    bool more = true;
    enum err e = E_OK;
    while (e == E_OK) {
        e = next_row(t, &more, d);
        if (e != E_OK || !more)
            break;
        if (!is_blank(&t->rows))
            e = add_row(t, d);
    }
    return e;
}

static enum err add_file(struct table *t, struct span file, struct diag *d)
{
    struct diag why = {0};
    int64_t before = t->a->added;
    enum err e = csv_begin(file, &t->rows, &why);
    if (e != E_OK)
        return diag_wrap_clause(d, e, why.clause, &why, "%s", t->name);
    e = take_header(t, d);
    if (e == E_OK)
        e = add_rows(t, d);
    if (e == E_CSV && t->errors > 0) { /* the rest of the table cannot be read */
        tell(t, e, d);
        e = E_OK;
    }
    if (e == E_OK && t->errors > 0)
        e = t->errors > 1 ? diag_wrap_clause(d, t->first.code, t->first.clause, &t->first,
                                             "errors: %" PRId64 ", the first", t->errors)
                          : diag_again_clause(d, t->first.code, t->first.clause, &t->first);
    if (e == E_OK && t->a->added == before)
        e = diag_set(d, E_NO_REQUESTS, "%s has no row below its header", t->name);
    return e;
}

enum err table_add(struct addition *a, const char *path, const char *operator_, struct diag *d)
{
    struct table t = {.a = a, .operator_ = operator_, .folder = malloc(strlen(path) + 2)};
    struct buf bytes = {0};
    enum err e = t.folder != NULL ? E_OK : diag_set(d, E_NO_MEMORY, "%s", path);
    if (e == E_OK && !desk_split(path, t.folder, &t.name))
        e = diag_set(d, E_CSV, "%s: it is a folder", path);
    if (e == E_OK)
        e = file_read_path(path, TABLE_BYTES, E_CSV, &bytes, d);
    if (e == E_OK)
        e = add_file(&t, buf_span(&bytes), d);
    csv_free(&t.rows);
    buf_free(&bytes);
    free(t.folder);
    return e;
}
