#include "ra/db.h"

#include <stdlib.h>
#include <string.h>

#include "ra/db_kind.h"

struct db {
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

enum err db_open(const char *where, struct db **out, struct diag *d)
{
    *out = NULL;
    struct db *db = calloc(1, sizeof *db);
    if (db == NULL)
        return diag_set(d, E_NO_MEMORY, "the database");
    db->kind = is_server(where) ? &db_postgresql : &db_sqlite;
    enum err e = db->kind->open(where, &db->connection, d);
    if (e == E_OK)
        *out = db;
    else
        free(db);
    return e;
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
    return db->kind->script(db->connection, sql, d);
}

enum err db_prepare(struct db *db, const char *sql, size_t *statement, struct diag *d)
{
    *statement = db->statements;
    if (db->statements == DB_STATEMENTS)
        return diag_set(d, E_DATABASE, "more than %d statements", DB_STATEMENTS);
    enum err e = db->kind->prepare(db->connection, *statement, sql, d);
    db->statements += e == E_OK;
    return e;
}

enum err db_run(struct db *db, size_t statement, const struct db_value *values, size_t n, uint64_t *rows, struct buf *first,
                struct diag *d)
{
    *rows = 0;
    return db->kind->run(db->connection, statement, values, n, rows, first, d);
}

void db_close(struct db *db)
{
    if (db == NULL)
        return;
    db->kind->close(db->connection);
    free(db);
}
