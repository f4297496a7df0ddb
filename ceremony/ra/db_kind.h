/* db_kind.h - what each kind of database does for db.c: the functions of db.h, on a connection of its own. */
#ifndef ROOTSEAL_RA_DB_KIND_H
#define ROOTSEAL_RA_DB_KIND_H

#include "ra/db.h"

#define DB_WAIT_MS "10000" /* for another import to end */

struct db_kind {
    const char *begin, *bytes, *schema_query, *owner_query;
    enum err (*open)(const char *where, void **connection, struct diag *d);
    enum err (*script)(void *connection, const char *sql, struct diag *d);
    enum err (*prepare)(void *connection, size_t statement, const char *sql, struct diag *d);
    enum err (*run)(void *connection, size_t statement, const struct db_value *values, size_t n, uint64_t *rows,
                    struct buf *first, struct diag *d);
    void (*close)(void *connection);
};

/* What to do about it, for both kinds. */
#define DB_ADVICE_TABLES N_("name another database or schema: tables there are not this program's")
#define DB_ADVICE_WAIT N_("wait until the other program has ended, then import again")

extern const struct db_kind db_sqlite, db_postgresql;

#endif
