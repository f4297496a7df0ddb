#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/i18n.h"
#include "ra/db_kind.h"

#define NAME 24 /* of a prepared statement: its number */

#define ADVICE_SERVER N_("see that the server runs; check database, user= and host= (its socket's folder)")
#define ADVICE_PASSWORD N_("let the server know you by your account (peer), or use ~/.pgpass")

/* libpq's messages may have several lines; the first tells what it is. */
static enum err failed(const char *said, const char *advice, struct diag *d)
{
    int n = (int)strcspn(said, "\n");
    diag_set(d, E_DATABASE, "%.*s", n, said);
    if (advice != NULL)
        diag_advise(d, advice);
    return E_DATABASE;
}

static enum err not_connected(PGconn *c, struct diag *d)
{
    return failed(PQerrorMessage(c), PQconnectionNeedsPassword(c) ? ADVICE_PASSWORD : ADVICE_SERVER, d);
}

/* By SQLSTATE; NULL where what it says is enough. */
static const char *advice_of(const char *state)
{
    static const struct {
        const char *state, *advice;
    } rows[] = {
        {"42501", N_("have this account given the right, or import as the one that owns the tables")},
        {"42P07", DB_ADVICE_TABLES}, /* a table that is there already, */
        {"42P01", DB_ADVICE_TABLES}, /* that is not there, */
        {"42703", DB_ADVICE_TABLES}, /* that has no such column */
        {"3F000", N_("have the schema made, or name another one as the account's search_path")},
        {"55P03", DB_ADVICE_WAIT},
    };
    for (size_t i = 0; state != NULL && i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(state, rows[i].state) == 0)
            return rows[i].advice;
    return NULL;
}

/* Take the result, which is freed, or say what was wrong with it. */
static enum err finish(PGresult *r, struct diag *d)
{
    ExecStatusType s = PQresultStatus(r);
    const char *said = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    enum err e = r == NULL ? diag_set(d, E_NO_MEMORY, "the database") : E_OK;
    if (e == E_OK && s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK)
        e = failed(said != NULL ? said : PQresultErrorMessage(r), advice_of(PQresultErrorField(r, PG_DIAG_SQLSTATE)),
                   d);
    PQclear(r);
    return e;
}

static enum err advised(enum err e, const char *advice, struct diag *d)
{
    diag_advise(d, advice);
    return e;
}

/* A command line stands in the list of processes, and an environment is inherited by whatever is started. */
static enum err check_option(const PQconninfoOption *o, struct diag *d)
{
    bool host = strcmp(o->keyword, "host") == 0;
    if (o->val == NULL || o->val[0] == '\0')
        return E_OK;
    if (strstr(o->keyword, "password") != NULL)
        return advised(diag_set(d, E_USAGE, "--db: a password in the URL"), ADVICE_PASSWORD, d);
    if (strcmp(o->keyword, "hostaddr") == 0 || (host && o->val[0] != '/' && o->val[0] != '@'))
        return advised(diag_set(d, E_USAGE, "--db: a server that is reached through a network"),
                       N_("name its socket's folder: postgresql:///DATABASE?host=/run/postgresql"), d);
    return E_OK;
}

static enum err check_url(const char *url, struct diag *d)
{
    char *why = NULL;
    PQconninfoOption *all = PQconninfoParse(url, &why);
    enum err e = E_OK;
    if (all == NULL)
        e = why != NULL ? diag_set(d, E_USAGE, "--db: %.*s", (int)strcspn(why, "\n"), why) : diag_set(d, E_NO_MEMORY, "--db");
    for (PQconninfoOption *o = all; e == E_OK && o != NULL && o->keyword != NULL; o++)
        e = check_option(o, d);
    if (e == E_OK && getenv("PGPASSWORD") != NULL)
        e = advised(diag_set(d, E_USAGE, "--db: a password in the environment (PGPASSWORD)"), ADVICE_PASSWORD, d);
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
    enum err e = check_url(where, d);
    if (e != E_OK)
        return e;
    PGconn *c = PQconnectdb(where);
    if (c == NULL)
        return diag_set(d, E_NO_MEMORY, "the database");
    PQsetNoticeProcessor(c, say_nothing, NULL);
    if (PQstatus(c) != CONNECTION_OK || PQsetClientEncoding(c, "UTF8") != 0)
        e = not_connected(c, d);
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
