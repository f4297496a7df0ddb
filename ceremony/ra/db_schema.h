/* db_schema.h - the tables that an import fills (rootseal-ra-db(5)), and the statements that fill them. */
#ifndef ROOTSEAL_RA_DB_SCHEMA_H
#define ROOTSEAL_RA_DB_SCHEMA_H

#include "ra/db.h"

/* In the order in which they are filled: a row refers only to rows before it. */
enum db_table { DB_SEALS, DB_BUNDLES, DB_ANSWERS, DB_CERTIFICATES, DB_CHANGES, DB_LISTS, DB_TABLES };

struct db_schema {
    struct db *db;
    size_t put[DB_TABLES], owner[DB_TABLES], check[DB_TABLES], count[DB_TABLES]; /* statements */
    size_t known;
    struct buf stranger; /* the account that tables belong to, when it is another one's */
};

/* Within a transaction: make tables, indexes and view where there are none of ours, make those of an
 * earlier version this one's, and prepare the statements. E_DATABASE when they are of a later version, or are not what their
 * names say. End with db_schema_free(), on failure too. */
ERR_MUST_USE enum err db_schema_open(struct db *db, struct db_schema *out, struct diag *d);

/* Was this bundle put before? */
ERR_MUST_USE enum err db_schema_known(const struct db_schema *s, const char *bundle, bool *known, struct diag *d);

/* Put a row: one value for each column, in the table's order, of which the first are its key. What is there under the key and
 * differs is made so; *news tells whether anything was. A row of another owner is left alone: E_BUNDLE_OTHER, with the table,
 * `what` and that owner in the text. E_DATABASE when the row is not taken. */
ERR_MUST_USE enum err db_schema_put(const struct db_schema *s, enum db_table table, const struct db_value *values,
                                    const char *what, bool *news, struct diag *d);

/* Is the row there, and every column as it was put? E_DATABASE: a trigger, or somebody else, has had a hand in it. */
ERR_MUST_USE enum err db_schema_check(const struct db_schema *s, enum db_table table, const struct db_value *values,
                                      const char *what, struct diag *d);

/* Are there so many rows of this bundle, and no more? E_DATABASE. E_OK for DB_SEALS and DB_BUNDLES, whose keys say it. */
ERR_MUST_USE enum err db_schema_count(const struct db_schema *s, enum db_table table, const char *bundle, uint64_t want,
                                      struct diag *d);

const char *db_schema_name(enum db_table table);
void db_schema_free(struct db_schema *s);

#endif
