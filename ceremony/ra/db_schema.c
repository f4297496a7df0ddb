#include "ra/db_schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/i18n.h"
#include "ra/db_kind.h"

#define VERSION "2"

struct column {
    const char *name; /* NULL ends the table */
    enum db_type type;
    bool may_be_null;
};

#define COLUMNS 17

/* A row belongs to what stands in its owner's column; NULL where the key already says it. */
struct table {
    const char *name, *owner;
    int keys;                /* columns at the beginning that are the primary key */
    const char *constraints; /* and others */
    struct column columns[COLUMNS];
};

#define OF_BUNDLE ", FOREIGN KEY (bundle) REFERENCES rootseal_bundles (bundle)"

static const struct table tables[DB_TABLES] = {
    [DB_SEALS] = {"rootseal_seals", "root", 2, "",
                  {{"log", DB_TEXT, false}, {"log_size", DB_NUMBER, false}, {"hash", DB_TEXT, false}, {"head", DB_TEXT, false},
                   {"root", DB_TEXT, false}, {"seal_key", DB_TEXT, false}, {"signature", DB_BYTES, false}}},
    [DB_BUNDLES] = {"rootseal_bundles", "bundle", 3,
                    ", UNIQUE (bundle), FOREIGN KEY (log, log_size) REFERENCES rootseal_seals (log, log_size)",
                    {{"authority", DB_TEXT, false}, {"ra", DB_TEXT, false}, {"sequence", DB_NUMBER, false},
                     {"bundle", DB_TEXT, false}, {"batch_id", DB_TEXT, false}, {"batch", DB_TEXT, false},
                     {"plan", DB_TEXT, false}, {"policy", DB_TEXT, false}, {"issued", DB_NUMBER, false},
                     {"refused", DB_NUMBER, false}, {"status", DB_NUMBER, false}, {"lists", DB_NUMBER, false},
                     {"log_first", DB_NUMBER, false}, {"log_last", DB_NUMBER, false}, {"log", DB_TEXT, false},
                     {"log_size", DB_NUMBER, false}}},
    [DB_ANSWERS] = {"rootseal_answers", NULL, 2, OF_BUNDLE,
                    {{"bundle", DB_TEXT, false}, {"n", DB_NUMBER, false}, {"id", DB_TEXT, true}, {"decision", DB_TEXT, false},
                     {"serial", DB_TEXT, true}, {"code", DB_TEXT, true}, {"clause", DB_TEXT, true}, {"detail", DB_TEXT, true},
                     {"ignored", DB_TEXT, true}, {"log_line", DB_NUMBER, false}}},
    [DB_CERTIFICATES] = {"rootseal_certificates", "bundle", 2, OF_BUNDLE,
                         {{"authority", DB_TEXT, false}, {"serial", DB_TEXT, false}, {"bundle", DB_TEXT, false},
                          {"n", DB_NUMBER, false}, {"id", DB_TEXT, false}, {"profile", DB_TEXT, false},
                          {"subject", DB_TEXT, true}, {"not_before", DB_TEXT, false}, {"not_after", DB_TEXT, false},
                          {"supersedes", DB_TEXT, true}, {"certificate", DB_BYTES, true}, {"eseal", DB_BYTES, true},
                          {"enveloped_key", DB_BYTES, true}}},
    [DB_CHANGES] = {"rootseal_changes", NULL, 2, OF_BUNDLE,
                    {{"bundle", DB_TEXT, false}, {"n", DB_NUMBER, false}, {"authority", DB_TEXT, false},
                     {"serial", DB_TEXT, false}, {"status", DB_TEXT, false}, {"reason", DB_TEXT, true},
                     {"late", DB_NUMBER, false}, {"log_line", DB_NUMBER, false}, {"log_time", DB_TEXT, true}}},
    [DB_LISTS] = {"rootseal_lists", "bundle", 3, OF_BUNDLE,
                  {{"authority", DB_TEXT, false}, {"list_key", DB_TEXT, false}, {"number", DB_NUMBER, false},
                   {"bundle", DB_TEXT, false}, {"n", DB_NUMBER, false}, {"base", DB_NUMBER, false},
                   {"next_update", DB_TEXT, false}, {"list", DB_BYTES, false},
                   {"this_update", DB_TEXT, true}}},
};

/* The version comes last, so that it says that all is there. */
static const char rest[] =
    "CREATE INDEX rootseal_certificates_bundle ON rootseal_certificates (bundle, n);"
    "CREATE INDEX rootseal_changes_serial ON rootseal_changes (authority, serial, log_line);"
    "CREATE VIEW rootseal_standing AS SELECT c.authority, c.serial, c.id, c.profile, c.subject, c.not_before, c.not_after,"
    " COALESCE((SELECT CASE h.status WHEN 'released' THEN 'good' ELSE h.status END FROM rootseal_changes h"
    " WHERE h.authority = c.authority AND h.serial = c.serial AND h.status <> 'accepted'"
    " ORDER BY h.log_line DESC LIMIT 1), 'good') AS status FROM rootseal_certificates c;"
    "CREATE TABLE rootseal_schema (version BIGINT NOT NULL PRIMARY KEY);"
    "INSERT INTO rootseal_schema (version) VALUES (" VERSION ");";

/* Version 1 had no times of changes and of lists. They come with the bundles, when these are imported again. */
static const char from_1[] = "ALTER TABLE rootseal_changes ADD COLUMN log_time TEXT;"
                             "ALTER TABLE rootseal_lists ADD COLUMN this_update TEXT;"
                             "UPDATE rootseal_schema SET version = " VERSION ";";

/* A bundle that came under version 1 is not known yet: what fills its new columns puts nothing right. */
static const char of_bundle[] = "SELECT 1 FROM rootseal_bundles WHERE bundle = $1"
                                " AND NOT EXISTS (SELECT 1 FROM rootseal_changes WHERE bundle = $1 AND log_time IS NULL)"
                                " AND NOT EXISTS (SELECT 1 FROM rootseal_lists WHERE bundle = $1 AND this_update IS NULL)";

/* "a, b, c", of the first n columns. */
static void append_names(struct buf *sql, const struct table *t, int n)
{
    for (int i = 0; i < n; i++)
        buf_printf(sql, "%s%s", i > 0 ? ", " : "", t->columns[i].name);
}

static int columns_of(const struct table *t)
{
    int n = 0;
    while (n < COLUMNS && t->columns[n].name != NULL)
        n++;
    return n;
}

static void append_create(struct buf *sql, const struct db *db, const struct table *t)
{
    buf_printf(sql, "CREATE TABLE %s (", t->name);
    for (int i = 0; i < columns_of(t); i++)
        buf_printf(sql, "%s %s%s, ", t->columns[i].name, db_type_name(db, t->columns[i].type),
                   t->columns[i].may_be_null ? "" : " NOT NULL");
    buf_append_str(sql, "PRIMARY KEY (");
    append_names(sql, t, t->keys);
    buf_printf(sql, ")%s);", t->constraints);
}

/* Both have this way of an upsert; a row that is as it should be, or another owner's, is not touched. */
static void append_put(struct buf *sql, const struct table *t)
{
    int n = columns_of(t);
    buf_printf(sql, "INSERT INTO %s (", t->name);
    append_names(sql, t, n);
    buf_append_str(sql, ") VALUES (");
    for (int i = 0; i < n; i++)
        buf_printf(sql, "%s$%d", i > 0 ? ", " : "", i + 1);
    buf_append_str(sql, ") ON CONFLICT (");
    append_names(sql, t, t->keys);
    buf_append_str(sql, ") DO UPDATE SET ");
    for (int i = t->keys; i < n; i++)
        buf_printf(sql, "%s%s = excluded.%s", i > t->keys ? ", " : "", t->columns[i].name, t->columns[i].name);
    buf_append_str(sql, " WHERE (");
    for (int i = t->keys; i < n; i++)
        buf_printf(sql, "%s%s.%s IS DISTINCT FROM excluded.%s", i > t->keys ? " OR " : "", t->name, t->columns[i].name,
                   t->columns[i].name);
    buf_append_str(sql, ")");
    if (t->owner != NULL)
        buf_printf(sql, " AND %s.%s = excluded.%s", t->name, t->owner, t->owner);
}

static void append_owner(struct buf *sql, const struct table *t)
{
    buf_printf(sql, "SELECT %s FROM %s WHERE ", t->owner, t->name);
    for (int i = 0; i < t->keys; i++)
        buf_printf(sql, "%s%s = $%d", i > 0 ? " AND " : "", t->columns[i].name, i + 1);
}

/* Is the row there, as it was put? */
static void append_check(struct buf *sql, const struct table *t)
{
    buf_printf(sql, "SELECT 1 FROM %s WHERE ", t->name);
    for (int i = 0; i < columns_of(t); i++)
        buf_printf(sql, "%s%s %s $%d", i > 0 ? " AND " : "", t->columns[i].name, i < t->keys ? "=" : "IS NOT DISTINCT FROM", i + 1);
}

static bool is_of_bundle(const struct table *t)
{
    return strcmp(t->constraints, OF_BUNDLE) == 0;
}

/* The text, ended; "" when there was no memory for it. */
static enum err end_text(struct buf *b, const char **text, struct diag *d)
{
    *text = "";
    buf_append_byte(b, '\0');
    enum err e = buf_err(b);
    if (e != E_OK)
        return diag_set(d, e, "the tables");
    *text = (const char *)b->data;
    return E_OK;
}

static enum err prepare(struct db *db, struct buf *sql, size_t *statement, struct diag *d)
{
    const char *text;
    enum err e = end_text(sql, &text, d);
    if (e == E_OK)
        e = db_prepare(db, text, statement, d);
    buf_free(sql);
    return e;
}

static enum err make_tables(struct db *db, struct diag *d)
{
    struct buf sql = {0};
    const char *text;
    for (int i = 0; i < DB_TABLES; i++)
        append_create(&sql, db, &tables[i]);
    buf_append_str(&sql, rest);
    enum err e = end_text(&sql, &text, d);
    if (e == E_OK)
        e = db_script(db, text, d);
    buf_free(&sql);
    return e;
}

/* The first column of the first row; nothing for no row. */
static enum err ask(struct db *db, const char *sql, struct buf *answer, bool *found, struct diag *d)
{
    size_t statement;
    uint64_t rows = 0;
    enum err e = db_prepare(db, sql, &statement, d);
    if (e == E_OK)
        e = db_run(db, statement, NULL, 0, &rows, answer, d);
    *found = rows > 0;
    return e;
}

static enum err other_version(const struct db *db, const char *text, struct diag *d)
{
    if (text[0] == '\0') {
        diag_set(d, E_DATABASE, "%s: rootseal_schema names no version", db_where(db));
        diag_advise(d, DB_ADVICE_TABLES);
        return E_DATABASE;
    }
    diag_set(d, E_DATABASE, "%s: its tables are of version %s, this program's of %s", db_where(db), text, VERSION);
    diag_advise(d, N_("import with the program that made the tables, or a newer one"));
    return E_DATABASE;
}

static enum err check_version(struct db *db, struct diag *d)
{
    struct buf version = {0};
    bool found;
    const char *text = "";
    enum err e = ask(db, "SELECT version FROM rootseal_schema ORDER BY version DESC", &version, &found, d);
    if (e == E_OK)
        e = end_text(&version, &text, d);
    if (e == E_OK && strcmp(text, "1") == 0)
        e = db_script(db, from_1, d);
    else if (e == E_OK && strcmp(text, VERSION) != 0)
        e = other_version(db, text, d);
    buf_free(&version);
    return e;
}

static enum err prepare_table(struct db_schema *s, int i, struct diag *d)
{
    struct buf sql = {0};
    append_put(&sql, &tables[i]);
    enum err e = prepare(s->db, &sql, &s->put[i], d);
    append_check(&sql, &tables[i]);
    if (e == E_OK)
        e = prepare(s->db, &sql, &s->check[i], d);
    buf_free(&sql);
    if (e == E_OK && is_of_bundle(&tables[i])) {
        buf_printf(&sql, "SELECT count(*) FROM %s WHERE bundle = $1", tables[i].name);
        e = prepare(s->db, &sql, &s->count[i], d);
    }
    if (e != E_OK || tables[i].owner == NULL)
        return e;
    append_owner(&sql, &tables[i]);
    return prepare(s->db, &sql, &s->owner[i], d);
}

enum err db_schema_open(struct db *db, struct db_schema *out, struct diag *d)
{
    bool found = false;
    *out = (struct db_schema){.db = db};
    enum err e = ask(db, db_schema_query(db), NULL, &found, d);
    if (e == E_OK)
        e = found ? check_version(db, d) : make_tables(db, d);
    for (int i = 0; i < DB_TABLES && e == E_OK; i++)
        e = prepare_table(out, i, d);
    if (e == E_OK)
        e = db_prepare(db, of_bundle, &out->known, d);
    if (e == E_OK)
        e = ask(db, db_owner_query(db), &out->stranger, &found, d);
    return e;
}

/* Nothing was changed under this key: because it is so, or because it is another's. */
static enum err check_owner(const struct db_schema *s, enum db_table table, const struct db_value *values, const char *what,
                            struct diag *d)
{
    const struct table *t = &tables[table];
    struct buf owner = {0};
    const char *text = "";
    uint64_t rows;
    int place = 0;
    enum err e = db_run(s->db, s->owner[table], values, (size_t)t->keys, &rows, &owner, d);
    if (e == E_OK)
        e = end_text(&owner, &text, d);
    while (strcmp(t->columns[place].name, t->owner) != 0)
        place++;
    if (e == E_OK && rows == 0)
        e = diag_set(d, E_DATABASE, "%s: %s was written and is not there", t->name, what);
    else if (e == E_OK && strcmp(text, values[place].text) != 0)
        e = diag_set(d, E_BUNDLE_OTHER, "%s: %s is there already, with %s %s", t->name, what, t->owner, text);
    buf_free(&owner);
    return e;
}

enum err db_schema_put(const struct db_schema *s, enum db_table table, const struct db_value *values, const char *what,
                       bool *news, struct diag *d)
{
    uint64_t rows;
    enum err e = db_run(s->db, s->put[table], values, (size_t)columns_of(&tables[table]), &rows, NULL, d);
    if (e == E_OK && rows == 0 && tables[table].owner != NULL)
        e = check_owner(s, table, values, what, d);
    *news = *news || (e == E_OK && rows > 0);
    return e;
}

enum err db_schema_check(const struct db_schema *s, enum db_table table, const struct db_value *values, const char *what,
                         struct diag *d)
{
    uint64_t rows;
    enum err e = db_run(s->db, s->check[table], values, (size_t)columns_of(&tables[table]), &rows, NULL, d);
    return e == E_OK && rows == 0 ? diag_set(d, E_DATABASE, "%s: %s was written and is not there as it was", tables[table].name, what)
                                  : e;
}

enum err db_schema_count(const struct db_schema *s, enum db_table table, const char *bundle, uint64_t want, struct diag *d)
{
    const struct db_value value = db_text(bundle);
    struct buf n = {0};
    const char *text = "";
    char wanted[24];
    uint64_t rows;
    if (!is_of_bundle(&tables[table]))
        return E_OK;
    snprintf(wanted, sizeof wanted, "%" PRIu64, want);
    enum err e = db_run(s->db, s->count[table], &value, 1, &rows, &n, d);
    if (e == E_OK)
        e = end_text(&n, &text, d);
    if (e == E_OK && strcmp(text, wanted) != 0)
        e = diag_set(d, E_DATABASE, "%s: it has %s rows of the bundle, which has %s", tables[table].name, text, wanted);
    buf_free(&n);
    return e;
}

enum err db_schema_known(const struct db_schema *s, const char *bundle, bool *known, struct diag *d)
{
    const struct db_value value = db_text(bundle);
    uint64_t rows = 0;
    enum err e = db_run(s->db, s->known, &value, 1, &rows, NULL, d);
    *known = e == E_OK && rows > 0;
    return e;
}

const char *db_schema_name(enum db_table table)
{
    return tables[table].name;
}

void db_schema_free(struct db_schema *s)
{
    buf_free(&s->stranger);
}
