/* A table of requests as `ra add --csv` reads it: rows, and what their texts make of a request. Files are not opened. */
#include <string.h>

#include "core/text.h"
#include "fuzz.h"
#include "ra/csv.h"
#include "ra/draft.h"

static const struct policy_authority *authority;

void fuzz_start(void)
{
    authority = policy_authority_find(&policy_table, "sxca");
    fuzz_hold(authority != NULL, "the shipped policy has no sxca");
}

static void put_quoted(struct buf *out, const char *text)
{
    buf_append_byte(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            buf_append_byte(out, '"');
        buf_append_byte(out, (uint8_t)*text);
    }
    buf_append_byte(out, '"');
}

/* The row, written with all its values quoted, reads as the same row. */
static void check_row(const struct csv_reader *r)
{
    struct buf text = {0};
    struct csv_reader again;
    struct diag d = {0};
    bool more = false;
    for (size_t i = 0; i < r->n; i++) {
        fuzz_hold(text_is_utf8(r->cells[i].text, strlen(r->cells[i].text)), "a value that is not UTF-8");
        if (i > 0)
            buf_append_byte(&text, ',');
        put_quoted(&text, r->cells[i].text);
    }
    buf_append_str(&text, "\r\n");
    fuzz_hold(csv_begin(buf_span(&text), &again, &d) == E_OK && csv_next(&again, &more, &d) == E_OK && more,
              "a row that is not read again");
    fuzz_hold(again.n == r->n && again.rest.n == 0, "a row that has other columns when it is read again");
    for (size_t i = 0; i < r->n; i++)
        fuzz_hold(strcmp(r->cells[i].text, again.cells[i].text) == 0, "a value that changes when it is read again");
    csv_free(&again);
    buf_free(&text);
}

static bool is_file(enum draft_field f)
{
    return f == DRAFT_CSR || f == DRAFT_CERTIFICATE || f == DRAFT_PICTURE || f == DRAFT_HOLDER || f == DRAFT_ENVELOPED_KEY ||
           f == DRAFT_EVIDENCE;
}

/* A draft that is taken is one line that says the same. */
static bool check_draft(const enum draft_field *columns, size_t columns_n, const struct csv_reader *r)
{
    struct draft draft = {.folder = NULL};
    struct request q, again;
    struct buf line = {0}, second = {0};
    enum draft_field wrong;
    struct diag d = {0};
    for (size_t i = 0; i < columns_n && i < r->n; i++)
        if (columns[i] != DRAFT_FIELDS && !is_file(columns[i]))
            draft.text[columns[i]] = r->cells[i].text;
    enum err e = draft_request(&draft, authority, FUZZ_NOW, &q, &wrong, &d);
    fuzz_check_diag(e, &d);
    if (e == E_OK) {
        fuzz_hold(request_write(&q, &line) == E_OK && request_parse(buf_span(&line), 2, &again, &d) == E_OK,
                  "a draft that is not a request");
        fuzz_hold(request_write(&again, &second) == E_OK && fuzz_same(buf_span(&line), buf_span(&second)),
                  "a request that changes when it is written");
        request_free(&again);
    }
    request_free(&q);
    buf_free(&line);
    buf_free(&second);
    return e == E_OK;
}

static bool read_rows(struct csv_reader *r)
{
    enum draft_field columns[CSV_CELLS];
    size_t columns_n = 0, rows = 0;
    struct diag d = {0};
    bool more = true, good = true;
    for (;; rows++) {
        enum err e = csv_next(r, &more, &d);
        fuzz_check_diag(e, &d);
        fuzz_hold(e == E_OK || e == E_CSV, "a table that is refused for what it cannot be");
        if (e != E_OK || !more)
            return e == E_OK && good && rows > 1;
        check_row(r);
        if (rows > 0) {
            good = check_draft(columns, columns_n, r) && good;
            continue;
        }
        columns_n = r->n;
        for (size_t i = 0; i < columns_n; i++)
            columns[i] = draft_by_name(r->cells[i].text);
    }
}

bool fuzz_one(struct span in)
{
    struct csv_reader r;
    struct diag d = {0};
    enum err e = csv_begin(in, &r, &d);
    fuzz_check_diag(e, &d);
    bool good = e == E_OK && read_rows(&r);
    csv_free(&r);
    return good;
}
