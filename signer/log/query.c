#include "log/query.h"

#include <limits.h>
#include <string.h>

#include "log/position.h"

enum err query_error(struct index *x, int rc, struct diag *d)
{
    const char *what = sqlite3_errstr(rc), *name = x->vouched != NULL ? INDEX_VOUCHED_FILE : INDEX_FILE;
    switch (rc & 0xff) {
    case SQLITE_NOMEM:
        return diag_set(d, E_NO_MEMORY, "%s: %s", name, what);
    case SQLITE_FULL:
        return diag_set(d, E_DISK_FULL, "%s: %s", name, what);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return diag_set(d, E_STATE_LOCKED, "%s: %s", name, what);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_TOOBIG:
        x->damaged = true;
        return diag_set(d, E_INDEX, "%s: %s", name, what);
    default:
        return diag_set(d, E_INDEX, "%s: %s", name, what);
    }
}

void query_begin(struct query *q, struct index *x, enum query_id which)
{
    *q = (struct query){.x = x, .s = x->statements[which], .rc = SQLITE_OK};
}

static void remember(struct query *q, int rc)
{
    if (q->rc == SQLITE_OK)
        q->rc = rc;
}

void query_bytes(struct query *q, const void *p, size_t n)
{
    if (n > INT_MAX)
        remember(q, SQLITE_TOOBIG);
    else /* an empty value, not NULL, when there are no bytes */
        remember(q, sqlite3_bind_blob(q->s, ++q->bound, n == 0 ? "" : p, (int)n, SQLITE_TRANSIENT));
}

void query_text(struct query *q, const char *s)
{
    remember(q, sqlite3_bind_text(q->s, ++q->bound, s, -1, SQLITE_TRANSIENT));
}

void query_number(struct query *q, int64_t v)
{
    remember(q, sqlite3_bind_int64(q->s, ++q->bound, v));
}

bool query_row(struct query *q)
{
    if (q->rc != SQLITE_OK)
        return false;
    int rc = sqlite3_step(q->s);
    if (rc == SQLITE_ROW)
        return true;
    if (rc != SQLITE_DONE)
        remember(q, rc);
    return false;
}

int64_t query_get_number(struct query *q, int column)
{
    if (sqlite3_column_type(q->s, column) != SQLITE_INTEGER)
        remember(q, SQLITE_CORRUPT);
    return sqlite3_column_int64(q->s, column);
}

void query_get_exact(struct query *q, int column, uint8_t *out, size_t n)
{
    const void *p = sqlite3_column_blob(q->s, column);
    if (p != NULL && (size_t)sqlite3_column_bytes(q->s, column) == n)
        memcpy(out, p, n);
    else
        remember(q, SQLITE_CORRUPT);
}

void query_get_bytes(struct query *q, int column, struct buf *out)
{
    const void *p = sqlite3_column_blob(q->s, column);
    buf_append(out, p, (size_t)sqlite3_column_bytes(q->s, column));
    if (buf_err(out) != E_OK)
        remember(q, SQLITE_NOMEM);
}

void query_get_text(struct query *q, int column, char *out, size_t cap)
{
    const unsigned char *p = sqlite3_column_text(q->s, column);
    size_t n = (size_t)sqlite3_column_bytes(q->s, column);
    if (p != NULL && n < cap && strlen((const char *)p) == n)
        memcpy(out, p, n + 1);
    else
        remember(q, SQLITE_CORRUPT);
}

enum err query_position(struct index *x, struct span bytes, struct log_position *out, struct diag *d)
{
    enum err e = position_load(out, bytes);
    if (e == E_INDEX)
        return query_error(x, SQLITE_CORRUPT, d);
    return e == E_OK ? E_OK : diag_set(d, e, "%s", INDEX_FILE);
}

enum err query_end(struct query *q, struct diag *d)
{
    sqlite3_reset(q->s);
    sqlite3_clear_bindings(q->s);
    return q->rc == SQLITE_OK ? E_OK : query_error(q->x, q->rc, d);
}

enum err query_run(struct query *q, int *changed, struct diag *d)
{
    while (query_row(q)) {
    }
    if (changed != NULL)
        *changed = sqlite3_changes(q->x->db);
    return query_end(q, d);
}

enum err query_change(struct query *q, struct diag *d)
{
    int changed;
    enum err e = query_run(q, &changed, d);
    if (e == E_OK && changed != 1)
        e = diag_set(d, E_INDEX, "%s: %d rows where one should change", INDEX_FILE, changed);
    return e;
}
