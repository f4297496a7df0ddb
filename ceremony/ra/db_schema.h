/* db_schema.h - the tables that an import fills (rootseal-ra-db(5)), and the statements that fill them. */
#ifndef ROOTSEAL_RA_DB_SCHEMA_H
#define ROOTSEAL_RA_DB_SCHEMA_H

#include "ra/db.h"

/* In the order in which they are filled: a row refers only to rows before it. */
enum db_table { DB_SEALS, DB_BUNDLES, DB_ANSWERS, DB_CERTIFICATES, DB_CHANGES, DB_LISTS, DB_TABLES };

struct db_schema {
    struct db *db;
    size_t put[DB_TABLES], owner[DB_TABLES]; /* statements */
};

/* Within a transaction: make tables, indexes and view where there are none of ours, and prepare the statements. E_DATABASE when
 * they are of another version, or are not what their names say. */
ERR_MUST_USE enum err db_schema_open(struct db *db, struct db_schema *out, struct diag *d);

/* Put a row: one value for each column, in the table's order, of which the first are its key. What is there under the key and
 * differs is made so; *news tells whether anything was. A row of another owner is left alone: E_BUNDLE_OTHER, with the table,
 * `what` and that owner in the text. */
ERR_MUST_USE enum err db_schema_put(const struct db_schema *s, enum db_table table, const struct db_value *values,
                                    const char *what, bool *news, struct diag *d);

#endif
