/* A bundle put into an SQLite file, with all memory and without. PostgreSQL has the case import-db. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "help_bundle.h"
#include "help_pki.h"
#include "memory_sweep.h"
#include "ra/store.h"

Suite *suite_store(void);

static struct help_bundle made;
static struct import bundle;
static char path[256];
static struct diag d;
static bool differs;

static void setup(void)
{
    char anchors[128], batch[128];
    help_run("rm -rf batch bundle anchors ra.db");
    help_bundle_make(&made);
    help_bundle_write(&made);
    snprintf(anchors, sizeof anchors, "%s", help_path("anchors"));
    snprintf(batch, sizeof batch, "%s", help_path("batch"));
    snprintf(path, sizeof path, "%s", help_path("ra.db"));
    d = (struct diag){0};
    expect_ok_diag(import_verify(help_bundle_policy(), anchors, batch, help_path("bundle"), ".", NULL, &bundle, &d), &d);
}

static void teardown(void)
{
    import_free(&bundle);
    help_bundle_free(&made);
    help_run("rm -rf batch bundle anchors ra.db");
    help_clean();
}

/* Put the bundle into the file; in the end all of it, or nothing. */
static enum err put(bool commit, bool *news)
{
    struct db *db;
    d = (struct diag){0};
    enum err e = db_open(path, &db, &d);
    if (e == E_OK)
        e = store_put(db, &bundle, NULL, news, &d);
    if (e == E_OK && commit)
        e = db_commit(db, &d);
    db_close(db);
    ck_assert_int_eq(d.code, e);
    return e;
}

static int64_t count(const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *query;
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &query, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(query), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(query, 0);
    sqlite3_finalize(query);
    sqlite3_close(db);
    return n;
}

static void change(const char *sql)
{
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

START_TEST(all_of_a_bundle_or_nothing)
{
    bool news;
    expect_ok_diag(put(false, &news), &d);
    ck_assert(news);
    ck_assert_int_eq(count("SELECT count(*) FROM sqlite_master"), 0);
    expect_ok_diag(put(true, &news), &d);
    ck_assert(news);
    ck_assert_int_eq(count("SELECT count(*) FROM rootseal_answers"), 9);
    ck_assert_int_eq(count("SELECT count(*) FROM rootseal_certificates WHERE profile = 'person'"), 3);
    ck_assert_int_eq(count("SELECT count(*) FROM rootseal_changes WHERE status = 'superseded'"), 1);
    ck_assert_int_eq(count("SELECT count(*) FROM rootseal_changes"), 5);
    ck_assert_int_eq(count("SELECT count(*) FROM rootseal_lists WHERE number = 5 AND length(list) > 100"), 1);
    ck_assert_int_eq(count("SELECT count(*) FROM rootseal_standing WHERE status = 'good'"), 3);
    expect_ok_diag(put(true, &news), &d);
    ck_assert(!news);
}
END_TEST

START_TEST(what_contradicts_is_refused)
{
    static const struct {
        const char *change;
        enum err want;
    } rows[] = {
        {"UPDATE rootseal_seals SET root = 'x'", E_BUNDLE_OTHER},
        {"UPDATE rootseal_bundles SET bundle = 'x'", E_BUNDLE_OTHER},
        {"UPDATE rootseal_certificates SET bundle = 'x' WHERE n = 3", E_BUNDLE_OTHER},
        {"UPDATE rootseal_lists SET bundle = 'x'", E_BUNDLE_OTHER},
        {"UPDATE rootseal_schema SET version = 2", E_DATABASE},
        {"DELETE FROM rootseal_schema", E_DATABASE},
        {"ALTER TABLE rootseal_lists RENAME COLUMN base TO basis", E_DATABASE},
        {"DROP VIEW rootseal_standing; DROP TABLE rootseal_certificates", E_DATABASE},
    };
    bool news;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        help_run("rm -f ra.db");
        expect_ok_diag(put(true, &news), &d);
        change(rows[i].change);
        enum err e = put(true, &news);
        ck_assert_msg(e == rows[i].want, "%s: %s", rows[i].change, err_name(e));
        expect_seen(e);
    }
}
END_TEST

/* The first certificate will do: each of them allocates a thousand times. */
static enum err put_once(void)
{
    struct import few = bundle;
    few.answers.n = 1;
    bool news = false;
    struct db *db;
    enum err e = db_open(":memory:", &db, &d);
    if (e == E_OK)
        e = store_put(db, &few, NULL, &news, &d);
    db_close(db);
    differs = differs || (e == E_OK && !news);
    return e;
}

START_TEST(without_memory_nothing_is_said_of_the_bundle)
{
    memory_sweep("store_put", put_once, &d, &differs);
}
END_TEST

Suite *suite_store(void)
{
    Suite *s = suite_create("store");
    TCase *t = tcase_create("a file");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, all_of_a_bundle_or_nothing);
    tcase_add_test(t, what_contradicts_is_refused);
    tcase_add_test(t, without_memory_nothing_is_said_of_the_bundle);
    suite_add_tcase(s, t);
    return s;
}
