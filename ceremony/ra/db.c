#include "ra/db.h"

#include <stdlib.h>
#include <string.h>

#include "core/i18n.h"
#include "ra/db_kind.h"

struct db {
    const char *where;
    const struct db_kind *kind;
    void *connection;
    size_t statements;
};

struct db_value db_text(const char *text)
{
    return (struct db_value){.type = text[0] != '\0' ? DB_TEXT : DB_NULL, .text = text};
}

struct db_value db_bytes(struct span bytes)
{
    return (struct db_value){.type = bytes.n > 0 ? DB_BYTES : DB_NULL, .bytes = bytes};
}

struct db_value db_number(int64_t number)
{
    return (struct db_value){.type = DB_NUMBER, .number = number};
}

static bool is_server(const char *where)
{
    return strncmp(where, "postgresql://", 13) == 0 || strncmp(where, "postgres://", 11) == 0;
}

/* SCHEME:/..., which nobody calls a file: of another kind of server, or mistyped. */
static bool is_other_url(const char *where)
{
    size_t n = 0;
    while ((where[n] >= 'a' && where[n] <= 'z') || (where[n] >= 'A' && where[n] <= 'Z'))
        n++;
    return n > 1 && where[n] == ':' && where[n + 1] == '/';
}

/* What the database says, behind its name. What is wrong with the command line names it already. */
static enum err named(const char *where, enum err e, const struct diag *why, struct diag *d)
{
    if (e == E_OK || d == NULL)
        return e;
    if (e == E_DATABASE || e == E_DISK_FULL)
        diag_wrap(d, e, why, "%s", where);
    else
        *d = *why;
    if (why->advice[0] != '\0')
        diag_advise(d, why->advice);
    return e;
}

enum err db_open(const char *where, struct db **out, struct diag *d)
{
    struct diag why = {0};
    *out = NULL;
    if (!is_server(where) && is_other_url(where)) {
        diag_set(d, E_USAGE, "--db: %s is neither a file nor the URL of a PostgreSQL server", where);
        diag_advise(d, N_("name a server by postgresql://, and a file by its path"));
        return E_USAGE;
    }
    struct db *db = calloc(1, sizeof *db);
    if (db == NULL)
        return diag_set(d, E_NO_MEMORY, "the database");
    *db = (struct db){.where = where, .kind = is_server(where) ? &db_postgresql : &db_sqlite};
    enum err e = db->kind->open(where, &db->connection, &why);
    if (e == E_OK)
        *out = db;
    else
        free(db);
    return named(where, e, &why, d);
}

const char *db_where(const struct db *db)
{
    return db->where;
}

enum err db_begin(struct db *db, struct diag *d)
{
    return db_script(db, db->kind->begin, d);
}

enum err db_commit(struct db *db, struct diag *d)
{
    return db_script(db, "COMMIT", d);
}

const char *db_type_name(const struct db *db, enum db_type type)
{
    return type == DB_BYTES ? db->kind->bytes : type == DB_NUMBER ? "BIGINT" : "TEXT";
}

const char *db_schema_query(const struct db *db)
{
    return db->kind->schema_query;
}

const char *db_owner_query(const struct db *db)
{
    return db->kind->owner_query;
}

enum err db_script(struct db *db, const char *sql, struct diag *d)
{
    struct diag why = {0};
    enum err e = db->kind->script(db->connection, sql, &why);
    return named(db->where, e, &why, d);
}

enum err db_prepare(struct db *db, const char *sql, size_t *statement, struct diag *d)
{
    *statement = db->statements;
    if (db->statements == DB_STATEMENTS)
        return diag_set(d, E_DATABASE, "more than %d statements", DB_STATEMENTS);
    struct diag why = {0};
    enum err e = db->kind->prepare(db->connection, *statement, sql, &why);
    db->statements += e == E_OK;
    return named(db->where, e, &why, d);
}

enum err db_run(struct db *db, size_t statement, const struct db_value *values, size_t n, uint64_t *rows, struct buf *first,
                struct diag *d)
{
    struct diag why = {0};
    *rows = 0;
    enum err e = db->kind->run(db->connection, statement, values, n, rows, first, &why);
    return named(db->where, e, &why, d);
}

void db_close(struct db *db)
{
    if (db == NULL)
        return;
    db->kind->close(db->connection);
    free(db);
}
