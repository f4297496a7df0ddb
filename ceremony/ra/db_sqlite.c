#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "core/i18n.h"
#include "ra/db_kind.h"

struct sqlite {
    sqlite3 *db;
    sqlite3_stmt *statement[DB_STATEMENTS];
};

/* NULL where what it says is enough. */
static const char *advice_of(int rc)
{
    switch (rc) {
    case SQLITE_ERROR:
        return DB_ADVICE_TABLES;
    case SQLITE_BUSY:
        return DB_ADVICE_WAIT;
    case SQLITE_CANTOPEN:
        return N_("name a file in a folder that is there, and that this account may write");
    case SQLITE_READONLY:
        return N_("let this account write the file and its folder, or name another file");
    case SQLITE_NOTADB:
        return N_("name another file: this one is something else");
    case SQLITE_CORRUPT:
        return N_("move the file away, and import all bundles again into a new one");
    default:
        return NULL;
    }
}

static enum err failed(const struct sqlite *s, struct diag *d)
{
    int rc = sqlite3_errcode(s->db) & 0xff; /* without what its extended code adds */
    int cause = rc == SQLITE_CANTOPEN ? sqlite3_system_errno(s->db) : 0;
    const char *advice = advice_of(rc);
    enum err e = rc == SQLITE_NOMEM ? E_NO_MEMORY : rc == SQLITE_FULL ? E_DISK_FULL : E_DATABASE;
    diag_set(d, e, "%s%s%s", sqlite3_errmsg(s->db), cause != 0 ? ": " : "", cause != 0 ? strerror(cause) : "");
    if (advice != NULL)
        diag_advise(d, advice);
    return e;
}

static void sqlite_close(void *connection)
{
    struct sqlite *s = connection;
    for (size_t i = 0; i < DB_STATEMENTS; i++)
        sqlite3_finalize(s->statement[i]);
    sqlite3_close(s->db);
    free(s);
}

static enum err sqlite_script(void *connection, const char *sql, struct diag *d)
{
    struct sqlite *s = connection;
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? E_OK : failed(s, d);
}

static enum err sqlite_open(const char *where, void **connection, struct diag *d)
{
    struct sqlite *s = calloc(1, sizeof *s);
    if (s == NULL)
        return diag_set(d, E_NO_MEMORY, "the database");
    int rc = sqlite3_open_v2(where, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    enum err e = rc == SQLITE_OK ? E_OK : failed(s, d);
    const char *file = e == E_OK ? sqlite3_db_filename(s->db, "main") : NULL;
    if (e == E_OK && (file == NULL || file[0] == '\0'))
        e = diag_set(d, E_USAGE, "--db: \"%s\" names no file: nothing of it would stay", where);
    if (e == E_OK)
        e = sqlite_script(s, "PRAGMA busy_timeout = " DB_WAIT_MS "; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON", d);
    if (e == E_OK)
        *connection = s;
    else
        sqlite_close(s);
    return e;
}

static enum err sqlite_prepare(void *connection, size_t statement, const char *sql, struct diag *d)
{
    struct sqlite *s = connection;
    return sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->statement[statement], NULL) == SQLITE_OK
               ? E_OK
               : failed(s, d);
}

static int bind(sqlite3_stmt *statement, int at, const struct db_value *v)
{
    switch (v->type) {
    case DB_TEXT:
        return sqlite3_bind_text(statement, at, v->text, -1, SQLITE_STATIC);
    case DB_NUMBER:
        return sqlite3_bind_int64(statement, at, v->number);
    case DB_BYTES:
        return sqlite3_bind_blob64(statement, at, v->bytes.p, v->bytes.n, SQLITE_STATIC);
    default:
        return sqlite3_bind_null(statement, at);
    }
}

static enum err sqlite_run(void *connection, size_t statement, const struct db_value *values, size_t n, uint64_t *rows,
                           struct buf *first, struct diag *d)
{
    struct sqlite *s = connection;
    sqlite3_stmt *this = s->statement[statement];
    int rc = SQLITE_OK;
    for (size_t i = 0; i < n && rc == SQLITE_OK; i++)
        rc = bind(this, (int)i + 1, &values[i]);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(this);
    enum err e = rc == SQLITE_DONE || rc == SQLITE_ROW ? E_OK : failed(s, d);
    if (e == E_OK)
        *rows = rc == SQLITE_ROW ? 1 : sqlite3_stmt_readonly(this) ? 0 : (uint64_t)sqlite3_changes64(s->db);
    const unsigned char *text = rc == SQLITE_ROW && first != NULL ? sqlite3_column_text(this, 0) : NULL;
    if (text != NULL)
        buf_append_str(first, (const char *)text);
    sqlite3_reset(this);
    sqlite3_clear_bindings(this);
    return e;
}

const struct db_kind db_sqlite = {
    .begin = "BEGIN IMMEDIATE",
    .bytes = "BLOB",
    .schema_query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'rootseal_schema'",
    .owner_query = "SELECT name FROM sqlite_master WHERE 1 = 0",
    .open = sqlite_open,
    .script = sqlite_script,
    .prepare = sqlite_prepare,
    .run = sqlite_run,
    .close = sqlite_close};
