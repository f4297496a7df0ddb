#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ra/db_kind.h"

#define NAME 24 /* of a prepared statement: its number */

/* libpq's messages may have several lines; the first tells what it is. */
static enum err failed(const char *said, struct diag *d)
{
    int n = (int)strcspn(said, "\n");
    return diag_set(d, E_DATABASE, "%.*s", n, said);
}

/* Take the result, which is freed, or say what was wrong with it. */
static enum err finish(PGresult *r, struct diag *d)
{
    ExecStatusType s = PQresultStatus(r);
    enum err e = r == NULL ? diag_set(d, E_NO_MEMORY, "the database") : E_OK;
    if (e == E_OK && s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK)
        e = failed(PQresultErrorMessage(r), d);
    PQclear(r);
    return e;
}

/* A command line stands in the list of processes, and an environment is inherited by whatever is started. */
static enum err refuse_password(const char *url, struct diag *d)
{
    char *why = NULL;
    PQconninfoOption *all = PQconninfoParse(url, &why);
    enum err e = E_OK;
    if (all == NULL)
        e = why != NULL ? diag_set(d, E_USAGE, "--db: %.*s", (int)strcspn(why, "\n"), why) : diag_set(d, E_NO_MEMORY, "--db");
    for (PQconninfoOption *o = all; e == E_OK && o != NULL && o->keyword != NULL; o++)
        if (o->val != NULL && strstr(o->keyword, "password") != NULL)
            e = diag_set(d, E_USAGE, "--db: a password in the URL");
    if (e == E_OK && getenv("PGPASSWORD") != NULL)
        e = diag_set(d, E_USAGE, "--db: a password in the environment (PGPASSWORD)");
    if (e == E_USAGE && all != NULL)
        diag_advise(d, "let the server know you by your account (peer), or use ~/.pgpass");
    PQconninfoFree(all);
    PQfreemem(why);
    return e;
}

static void postgresql_close(void *connection)
{
    PQfinish(connection);
}

static void say_nothing(void *arg, const char *message)
{
    (void)arg;
    (void)message;
}

/* Tables are looked for where they would be made, and not in a schema behind that. */
static const char one_schema[] =
    "SELECT pg_catalog.set_config('search_path', pg_catalog.quote_ident(pg_catalog.current_schema()), false)";

static enum err postgresql_open(const char *where, void **connection, struct diag *d)
{
    enum err e = refuse_password(where, d);
    if (e != E_OK)
        return e;
    PGconn *c = PQconnectdb(where);
    if (c == NULL)
        return diag_set(d, E_NO_MEMORY, "the database");
    PQsetNoticeProcessor(c, say_nothing, NULL);
    if (PQstatus(c) != CONNECTION_OK || PQsetClientEncoding(c, "UTF8") != 0)
        e = failed(PQerrorMessage(c), d);
    if (e == E_OK)
        e = finish(PQexec(c, one_schema), d);
    if (e == E_OK)
        *connection = c;
    else
        PQfinish(c);
    return e;
}

static enum err postgresql_script(void *connection, const char *sql, struct diag *d)
{
    return finish(PQexec(connection, sql), d);
}

static enum err postgresql_prepare(void *connection, size_t statement, const char *sql, struct diag *d)
{
    char name[NAME];
    snprintf(name, sizeof name, "%zu", statement);
    return finish(PQprepare(connection, name, sql, 0, NULL), d);
}

/* Numbers go as text, bytes as they are. */
static const char *data_of(const struct db_value *v, char number[NAME])
{
    snprintf(number, NAME, "%" PRId64, v->number);
    return v->type == DB_TEXT ? v->text : v->type == DB_NUMBER ? number : v->type == DB_BYTES ? (const char *)v->bytes.p : NULL;
}

static enum err postgresql_run(void *connection, size_t statement, const struct db_value *values, size_t n, uint64_t *rows,
                               struct buf *first, struct diag *d)
{
    char name[NAME], numbers[DB_VALUES][NAME];
    const char *data[DB_VALUES];
    int lengths[DB_VALUES], binary[DB_VALUES];
    snprintf(name, sizeof name, "%zu", statement);
    for (size_t i = 0; i < n; i++) {
        data[i] = data_of(&values[i], numbers[i]);
        lengths[i] = (int)values[i].bytes.n;
        binary[i] = values[i].type == DB_BYTES;
    }
    PGresult *r = PQexecPrepared(connection, name, (int)n, data, lengths, binary, 0);
    bool query = PQresultStatus(r) == PGRES_TUPLES_OK;
    *rows = query ? (uint64_t)(PQntuples(r) > 0) : strtoull(PQcmdTuples(r), NULL, 10);
    if (query && *rows > 0 && first != NULL)
        buf_append_str(first, PQgetvalue(r, 0, 0));
    return finish(r, d);
}

const struct db_kind db_postgresql = {
    .begin = "BEGIN; SET LOCAL lock_timeout = " DB_WAIT_MS "; SELECT pg_advisory_xact_lock(hashtext('rootseal'))",
    .bytes = "BYTEA",
    .schema_query = "SELECT 1 WHERE to_regclass('rootseal_schema') IS NOT NULL",
    .owner_query = "SELECT tableowner FROM pg_catalog.pg_tables WHERE schemaname = current_schema()"
                   " AND tablename LIKE 'rootseal\\_%' AND tableowner <> current_user ORDER BY tableowner",
    .open = postgresql_open,
    .script = postgresql_script,
    .prepare = postgresql_prepare,
    .run = postgresql_run,
    .close = postgresql_close};
