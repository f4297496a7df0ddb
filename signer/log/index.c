#include "log/index.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log/position.h"
#include "log/query.h"

/* Of the schema below: another number is another schema, and the index is made anew. */
#define SCHEMA_VERSION 6
#define APPLICATION_ID 0x52536c78 /* "RSlx" */
#define STRING_OF(x) #x
#define NUMBER_TEXT(x) STRING_OF(x)

/* The version comes last, in the same transaction: a half-made schema has none. */
static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE policies (seq INTEGER PRIMARY KEY, digest BLOB NOT NULL);"
    "CREATE TABLE keys (name TEXT PRIMARY KEY, digest BLOB NOT NULL, spki BLOB NOT NULL,"
    " certificate BLOB, destroyed INTEGER NOT NULL);"
    "CREATE INDEX keys_digest ON keys (digest);"
    "CREATE TABLE tokens (seq INTEGER PRIMARY KEY, model TEXT NOT NULL, serial TEXT NOT NULL);"
    "CREATE TABLE batches (digest BLOB PRIMARY KEY, ra TEXT NOT NULL, id TEXT NOT NULL,"
    " sequence INTEGER NOT NULL, plan BLOB NOT NULL, plan_seq INTEGER NOT NULL,"
    " answered INTEGER NOT NULL, seal_seq INTEGER NOT NULL, bundle BLOB NOT NULL,"
    " bundle_seq INTEGER NOT NULL, intake BLOB NOT NULL, before BLOB NOT NULL,"
    " total INTEGER NOT NULL, UNIQUE (ra, id));"
    "CREATE INDEX batches_unsealed ON batches (seal_seq) WHERE seal_seq = 0;"
    "CREATE INDEX batches_sequence ON batches (ra, sequence);"
    "CREATE INDEX batches_plan ON batches (plan_seq);"
    "CREATE TABLE seen (intake BLOB NOT NULL, what TEXT NOT NULL, seq INTEGER NOT NULL,"
    " PRIMARY KEY (intake, what)) WITHOUT ROWID;"
    "CREATE TABLE certs (authority TEXT NOT NULL, serial BLOB NOT NULL, batch BLOB NOT NULL,"
    " n INTEGER NOT NULL, profile TEXT NOT NULL, key TEXT NOT NULL, spki BLOB NOT NULL,"
    " subject BLOB NOT NULL, not_after INTEGER NOT NULL, log_seq INTEGER NOT NULL,"
    " status INTEGER NOT NULL DEFAULT 0, reason INTEGER NOT NULL DEFAULT 0,"
    " changed INTEGER NOT NULL DEFAULT 0, changed_seq INTEGER NOT NULL DEFAULT 0,"
    " accepted INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (authority, serial), UNIQUE (batch, n));"
    "CREATE INDEX certs_spki ON certs (spki);"
    "CREATE INDEX certs_listed ON certs (key, serial) WHERE status <> 0;"
    "CREATE INDEX certs_changed ON certs (key, changed_seq) WHERE changed_seq <> 0;"
    "CREATE TABLE changes (batch BLOB NOT NULL, n INTEGER NOT NULL, authority TEXT NOT NULL,"
    " serial BLOB NOT NULL, what INTEGER NOT NULL, reason INTEGER NOT NULL, at INTEGER NOT NULL,"
    " PRIMARY KEY (batch, n)) WITHOUT ROWID;"
    "CREATE TABLE crls (key TEXT NOT NULL, number INTEGER NOT NULL, base INTEGER NOT NULL,"
    " this_update INTEGER NOT NULL, plan_seq INTEGER NOT NULL, batch BLOB NOT NULL,"
    " n INTEGER NOT NULL, log_seq INTEGER NOT NULL, PRIMARY KEY (key, number), UNIQUE (batch, n));"
    "PRAGMA application_id = " NUMBER_TEXT(APPLICATION_ID) ";"
    "PRAGMA user_version = " NUMBER_TEXT(SCHEMA_VERSION) ";"
    "COMMIT;";

/* The index must be consistent in itself after a crash, however old, since nothing would show that
 * a row is missing: hence the checksummed write-ahead log, which loses whole transactions at most.
 * It needs no fsync for each of them: one that is lost is read from the log again. EXCLUSIVE and
 * temporary tables in memory keep all files open from the start, so that the program can give up
 * opening files afterwards. */
static const char settings[] =
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA cell_size_check = ON;"
    "PRAGMA cache_size = -8192;";

/* Of signing's own: what is cut off while it is written is made anew. */
static const char settings_vouched[] =
    "PRAGMA locking_mode = EXCLUSIVE;"
    "PRAGMA page_size = 4096;"
    "PRAGMA journal_mode = TRUNCATE;"
    "PRAGMA synchronous = OFF;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA cell_size_check = ON;"
    "PRAGMA cache_size = -8192;";

/* Whoever can write to the state can also write a database that acts: what we make has no triggers and no views, and its
 * schema calls no functions. */
static const struct setting {
    int option, value;
} guards[] = {
    {SQLITE_DBCONFIG_DEFENSIVE, 1},   {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0}, {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
    {SQLITE_DBCONFIG_ENABLE_VIEW, 0}, {SQLITE_DBCONFIG_DQS_DDL, 0},        {SQLITE_DBCONFIG_DQS_DML, 0},
};

/* What our own statements and rows need, with room: a certificate comes from one log line. */
static const struct setting limits[] = {
    {SQLITE_LIMIT_LENGTH, 256 * 1024},   {SQLITE_LIMIT_SQL_LENGTH, 16 * 1024}, {SQLITE_LIMIT_COLUMN, 64},
    {SQLITE_LIMIT_EXPR_DEPTH, 64},       {SQLITE_LIMIT_COMPOUND_SELECT, 1},    {SQLITE_LIMIT_VDBE_OP, 4096},
    {SQLITE_LIMIT_FUNCTION_ARG, 8},      {SQLITE_LIMIT_ATTACHED, 0},           {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 64},
    {SQLITE_LIMIT_VARIABLE_NUMBER, 64},  {SQLITE_LIMIT_TRIGGER_DEPTH, 0},      {SQLITE_LIMIT_WORKER_THREADS, 0},
};

/* All that stands in a schema, as one text. */
static const char schema_text[] =
    "SELECT group_concat(quote(type) || quote(name) || quote(tbl_name) || quote(rootpage) || quote(sql))"
    " FROM (SELECT * FROM sqlite_schema ORDER BY rowid)";

static const char *const statement_sql[QUERY_COUNT] = {
#define X(name, sql) sql,
    QUERY_TABLE(X)
#undef X
};

static void close_database(struct index *x)
{
    for (int i = 0; i < QUERY_COUNT; i++) {
        sqlite3_finalize(x->statements[i]);
        x->statements[i] = NULL;
    }
    sqlite3_close(x->db);
    x->db = NULL;
    vouched_close(x->vouched);
    x->vouched = NULL;
}

static enum err run_plain(struct index *x, enum query_id which, struct diag *d)
{
    struct query q;
    query_begin(&q, x, which);
    return query_run(&q, NULL, d);
}

/* Remove the file and what SQLite keeps beside it: the file first, since without its write-ahead
 * log it could pass for a whole one, while SQLite throws away a write-ahead log without its file.
 */
static enum err remove_files(const struct index *x, struct diag *d)
{
    static const char *const endings[] = {"", "-pages", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char *path;
        if (asprintf(&path, "%s%s", x->path, endings[i]) < 0)
            return diag_set(d, E_NO_MEMORY, "%s", INDEX_FILE);
        int failed = unlink(path) != 0 && errno != ENOENT ? errno : 0;
        free(path);
        if (failed != 0)
            return diag_set(d, E_INDEX, "%s could not be removed (errno %d)", INDEX_FILE, failed);
    }
    return E_OK;
}

/* The number a pragma answers with. */
static int pragma_number(struct index *x, const char *sql, int *value)
{
    sqlite3_stmt *s = NULL;
    *value = 0;
    int rc = sqlite3_prepare_v2(x->db, sql, -1, &s, NULL);
    if (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
        *value = sqlite3_column_int(s, 0);
    int ended = sqlite3_finalize(s);
    return rc == SQLITE_OK ? ended : rc;
}

/* *text is NULL for an empty schema, and on failure; sqlite3_free() it. */
static int read_schema(sqlite3 *db, char **text)
{
    sqlite3_stmt *s = NULL;
    *text = NULL;
    int rc = sqlite3_prepare_v2(db, schema_text, -1, &s, NULL);
    if (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW && sqlite3_column_type(s, 0) == SQLITE_TEXT) {
        *text = sqlite3_mprintf("%s", (const char *)sqlite3_column_text(s, 0));
        rc = *text == NULL ? SQLITE_NOMEM : SQLITE_OK;
    }
    int ended = sqlite3_finalize(s);
    return rc == SQLITE_OK ? ended : rc;
}

/* Does the schema say what that of a new index says, and nothing else? A trigger, for one, would rewrite what is put in. */
static int check_schema(struct index *x, bool *ours)
{
    sqlite3 *fresh = NULL;
    char *want = NULL, *got = NULL;
    int rc = sqlite3_open_v2(":memory:", &fresh, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(fresh, schema, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = read_schema(fresh, &want);
    if (rc == SQLITE_OK)
        rc = read_schema(x->db, &got);
    *ours = rc == SQLITE_OK && want != NULL && got != NULL && strcmp(want, got) == 0;
    sqlite3_free(want);
    sqlite3_free(got);
    sqlite3_close(fresh);
    return rc;
}

/* Is this our database, in this version, with our schema? *empty: it is a new one. */
static int check_version(struct index *x, bool *ours, bool *empty)
{
    int id = 0;
    int version = 0;
    int objects = 0;
    int rc = pragma_number(x, "PRAGMA application_id", &id);
    if (rc == SQLITE_OK)
        rc = pragma_number(x, "PRAGMA user_version", &version);
    if (rc == SQLITE_OK)
        rc = pragma_number(x, "SELECT count(*) FROM sqlite_schema", &objects);
    *ours = rc == SQLITE_OK && id == APPLICATION_ID && version == SCHEMA_VERSION;
    *empty = rc == SQLITE_OK && id == 0 && version == 0 && objects == 0;
    return *ours ? check_schema(x, ours) : rc;
}

/* Before anything of the file is looked at. */
static int be_careful(struct index *x)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; i < sizeof guards / sizeof guards[0] && rc == SQLITE_OK; i++)
        rc = sqlite3_db_config(x->db, guards[i].option, guards[i].value, NULL);
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        sqlite3_limit(x->db, limits[i].option, limits[i].value);
    return rc;
}

/* Open the database as it is. *usable false: it is there and is not ours, or is damaged. */
static enum err open_database(struct index *x, bool *usable, struct diag *d)
{
    bool ours = false;
    bool empty = false;
    *usable = false;
    int rc = sqlite3_open_v2(
        x->path, &x->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
        x->vouched != NULL ? vouched_name(x->vouched) : NULL);
    if (rc == SQLITE_OK)
        rc = be_careful(x);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(x->db, x->vouched != NULL ? settings_vouched : settings, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = check_version(x, &ours, &empty);
    if (rc == SQLITE_OK && empty) {
        rc = sqlite3_exec(x->db, schema, NULL, NULL, NULL);
        ours = rc == SQLITE_OK;
    }
    for (int i = 0; i < QUERY_COUNT && rc == SQLITE_OK && ours; i++)
        rc = sqlite3_prepare_v3(x->db, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                                &x->statements[i], NULL);
    /* SQLITE_ERROR: a table of ours is not there; SQLITE_TOOBIG: something is larger than ours ever is. */
    int primary = rc & 0xff;
    if (rc == SQLITE_OK || primary == SQLITE_ERROR || primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB ||
        primary == SQLITE_TOOBIG) {
        *usable = rc == SQLITE_OK && ours;
        return E_OK;
    }
    return query_error(x, rc, d);
}

/* Can everything that index_position() and the first query will read be read? */
static bool position_readable(struct index *x)
{
    struct log_position at;
    return index_position(x, &at, NULL) == E_OK;
}

static struct index *new_at(const char *state_path, const char *name, struct diag *d)
{
    struct index *x = calloc(1, sizeof *x);
    if (x == NULL || asprintf(&x->path, "%s/%s", state_path, name) < 0) {
        free(x);
        x = NULL;
        enum err e = diag_set(d, E_NO_MEMORY, "%s", name);
        (void)e;
    }
    return x;
}

static enum err open_at(const char *state_path, bool anew, struct index **out, struct diag *d)
{
    *out = NULL;
    bool usable = false;
    struct index *x = new_at(state_path, INDEX_FILE, d);
    if (x == NULL)
        return E_NO_MEMORY;
    x->made = anew;
    enum err e = anew ? E_OK : open_database(x, &usable, d);
    if (e != E_OK)
        goto out;
    if (!usable || !position_readable(x)) {
        close_database(x);
        e = remove_files(x, d);
        if (e == E_OK)
            e = open_database(x, &usable, d);
        if (e != E_OK)
            goto out;
        x->damaged = false;
    }
    if (!usable) {
        e = diag_set(d, E_INDEX, "%s could not be made", INDEX_FILE);
        goto out;
    }
    *out = x;
    x = NULL;
out:
    index_close(x);
    return e;
}

enum err index_open(const char *state_path, struct index **out, struct diag *d)
{
    return open_at(state_path, false, out, d);
}

enum err index_make(const char *state_path, struct index **out, struct diag *d)
{
    return open_at(state_path, true, out, d);
}

/* Nothing changes it for good until its root is known. What one batch looks at is all over a long history: to keep more of
 * it in memory than the upper levels of its trees is of little use. */
static enum err hold(struct index *x, struct diag *d)
{
    int rc = sqlite3_exec(x->db, "PRAGMA cache_size = -1024", NULL, NULL, NULL);
    enum err e = rc == SQLITE_OK ? index_begin(x, d) : query_error(x, rc, d);
    x->held = e == E_OK;
    return e;
}

enum err index_open_vouched(const char *state_path, bool anew, struct index **out, struct diag *d)
{
    bool usable = false;
    struct index *x = *out = new_at(state_path, INDEX_VOUCHED_FILE, d);
    if (x == NULL)
        return E_NO_MEMORY;
    enum err e = anew ? remove_files(x, d) : E_OK;
    if (e == E_OK)
        e = vouched_open(x->path, &x->vouched, d);
    if (e == E_OK)
        e = vouched_root(x->vouched, x->root_then);
    x->made = e == E_OK && vouched_is_empty(x->vouched);
    if (e == E_OK)
        e = open_database(x, &usable, d);
    if (e == E_OK && !usable)
        e = diag_set(d, E_INDEX, "%s cannot be used", INDEX_VOUCHED_FILE);
    if (e == E_OK && !x->made)
        e = hold(x, d);
    if (e != E_OK) {
        index_close(x);
        *out = NULL;
    }
    return e;
}

bool index_root_then(const struct index *x, uint8_t out[DIGEST_LEN])
{
    memcpy(out, x->root_then, DIGEST_LEN);
    return x->vouched != NULL && !x->made;
}

enum err index_known(struct index *x, struct diag *d)
{
    if (!x->held)
        return E_OK;
    x->held = false;
    return run_plain(x, QUERY_COMMIT, d);
}

bool index_is_vouched(const struct index *x)
{
    return x->vouched != NULL;
}

enum err index_root(struct index *x, uint8_t out[DIGEST_LEN], struct diag *d)
{
    memset(out, 0, DIGEST_LEN);
    enum err e = vouched_sync(x->vouched, d);
    return e == E_OK ? vouched_root(x->vouched, out) : e;
}

enum err index_private(struct index **out, struct diag *d)
{
    bool usable = false;
    struct index *x = *out = calloc(1, sizeof *x);
    if (x == NULL || (x->path = strdup(":memory:")) == NULL) {
        free(x);
        *out = NULL;
        return diag_set(d, E_NO_MEMORY, "the index");
    }
    enum err e = open_database(x, &usable, d);
    if (e == E_OK && !usable)
        e = diag_set(d, E_INDEX, "it could not be made");
    if (e != E_OK) {
        index_close(x);
        *out = NULL;
    }
    return e;
}

void index_close(struct index *x)
{
    if (x == NULL)
        return;
    close_database(x);
    /* The next run begins with an empty index rather than with this one; when that fails it meets
     * the damage again. */
    enum err e = x->damaged ? remove_files(x, NULL) : E_OK;
    (void)e;
    free(x->path);
    free(x);
}

enum err index_position(struct index *x, struct log_position *out, struct diag *d)
{
    struct query q;
    struct buf bytes = {0};
    *out = (struct log_position){0};
    query_begin(&q, x, QUERY_POSITION);
    bool found = query_row(&q);
    if (found)
        query_get_bytes(&q, 0, &bytes);
    enum err e = query_end(&q, d);
    if (e == E_OK && found)
        e = query_position(x, buf_span(&bytes), out, d);
    buf_free(&bytes);
    return e;
}

/* -- transactions -- */

enum err index_begin(struct index *x, struct diag *d)
{
    if (!x->held)
        return run_plain(x, QUERY_BEGIN, d);
    enum err e = run_plain(x, QUERY_BEGIN_INSIDE, d);
    x->inside = e == E_OK;
    return e;
}

static enum err end_transaction(struct index *x, struct diag *d)
{
    enum err e = run_plain(x, x->held ? QUERY_COMMIT_INSIDE : QUERY_COMMIT, d);
    x->inside = x->inside && e != E_OK;
    return e;
}

enum err index_commit(struct index *x, const struct log_position *at, struct diag *d)
{
    struct query q;
    struct buf bytes = {0};
    enum err e = position_save(at, &bytes);
    if (e != E_OK) {
        diag_set(d, e, "%s", INDEX_FILE);
        goto out;
    }
    query_begin(&q, x, QUERY_SET_POSITION);
    query_bytes(&q, bytes.data, bytes.len);
    e = query_run(&q, NULL, d);
    if (e == E_OK)
        e = end_transaction(x, d);
out:
    if (e != E_OK)
        index_rollback(x);
    buf_free(&bytes);
    return e;
}

void index_rollback(struct index *x)
{
    /* After some failures SQLite has rolled back already. A rollback that fails leaves the
     * transaction open; the next index_begin() says so, and nothing of it is ever committed. */
    if (sqlite3_get_autocommit(x->db) != 0 || (x->held && !x->inside))
        return;
    enum err e = run_plain(x, x->held ? QUERY_UNDO_INSIDE : QUERY_ROLLBACK, NULL);
    if (e == E_OK && x->held)
        e = end_transaction(x, NULL);
    (void)e;
}

enum err index_reset(struct index *x, struct diag *d)
{
    bool own = x->held ? !x->inside : sqlite3_get_autocommit(x->db) != 0;
    enum err e = own ? index_begin(x, d) : E_OK;
    for (int i = QUERY_CLEAR_META; e == E_OK && i <= QUERY_CLEAR_CRLS; i++)
        e = run_plain(x, (enum query_id)i, d);
    if (!own)
        return e;
    if (e == E_OK)
        e = end_transaction(x, d);
    if (e != E_OK)
        index_rollback(x);
    return e;
}
