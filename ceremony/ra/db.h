/* db.h - a database that an RA's own system reads: an SQLite file, or a PostgreSQL server (libpq) that is reached through a
 * socket of this machine, for no program of ours reaches a network (core/guard.h).
 *
 * Statements are texts that both understand; their parameters are $1, $2, ... and appear in this order.
 */
#ifndef ROOTSEAL_RA_DB_H
#define ROOTSEAL_RA_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/diag.h"

enum db_type { DB_NULL, DB_TEXT, DB_NUMBER, DB_BYTES };

/* A parameter. What it points to is the caller's, and must stay until the statement has run. */
struct db_value {
    enum db_type type;
    const char *text; /* UTF-8 */
    int64_t number;
    struct span bytes;
};

/* NULL stands in the database for what there is nothing to tell of: for an empty text, and for no bytes. */
struct db_value db_text(const char *text);
struct db_value db_bytes(struct span bytes);
struct db_value db_number(int64_t number);

struct db;

/* Open what `where` names, which must stay: postgresql:// or postgres:// and what follows is a server, anything else the
 * path of a file, which is made (mode 0600) when it is missing. E_USAGE for another URL, for a name that is no file's
 * (SQLite keeps :memory: and "" nowhere), for a URL that libpq does not understand or that leads through a network, and
 * for a password in it or in the environment (PGPASSWORD), where others can read it; E_DATABASE, E_DISK_FULL, E_NO_MEMORY.
 * E_DATABASE names the database, says what is wrong, and what to do where that is known. End with db_close(). */
ERR_MUST_USE enum err db_open(const char *where, struct db **out, struct diag *d);

/* The name that it was opened by. */
const char *db_where(const struct db *db);

/* Begin a transaction beside which no other import writes, and end it. Without db_commit() nothing of it happens. Below, too:
 * E_DATABASE (also when another one holds it for more than ten seconds), E_DISK_FULL, E_NO_MEMORY. */
ERR_MUST_USE enum err db_begin(struct db *db, struct diag *d);
ERR_MUST_USE enum err db_commit(struct db *db, struct diag *d);

/* What the two have no common word for: the type of a column, and a query that has a row when there is a table db_schema.h
 * knows its own by. */
const char *db_type_name(const struct db *db, enum db_type type);
const char *db_schema_query(const struct db *db);

/* A query for an account other than this one that a table of ours belongs to, and whose triggers would run as this one; no row
 * where there is none, or the kind of database has no accounts. */
const char *db_owner_query(const struct db *db);

/* Run statements without parameters, as when tables are made. */
ERR_MUST_USE enum err db_script(struct db *db, const char *sql, struct diag *d);

/* Prepare one statement; *statement is its number, for db_run(). DB_STATEMENTS at most. */
#define DB_STATEMENTS 32
ERR_MUST_USE enum err db_prepare(struct db *db, const char *sql, size_t *statement, struct diag *d);

/* Run it with these n values, DB_VALUES at most. *rows: how many it made or changed, or of a query whether there is any (1 or 0);
 * first (may be NULL) gets the first column of the first of them appended, as text without a NUL. */
#define DB_VALUES 20
ERR_MUST_USE enum err db_run(struct db *db, size_t statement, const struct db_value *values, size_t n, uint64_t *rows,
                             struct buf *first, struct diag *d);

/* Close it; a transaction that was not committed is rolled back. NULL is nothing. */
void db_close(struct db *db);

#endif
