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
static struct store_done done;

static enum err put(bool commit, bool *news)
{
    struct db *db;
    store_done_free(&done);
    done = (struct store_done){.news = false};
    d = (struct diag){0};
    enum err e = db_open(path, &db, &d);
    if (e == E_OK)
        e = store_put(db, &bundle, NULL, &done, &d);
    *news = done.news;
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
        {"UPDATE rootseal_schema SET version = 3", E_DATABASE},
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

/* A trigger that swallows or changes rows, and rows that somebody put beside ours: nothing is said to be there that is not. */
START_TEST(what_is_read_back_is_what_was_put)
{
    static const char *const rows[][2] = {
        {"CREATE TRIGGER t BEFORE INSERT ON rootseal_changes BEGIN SELECT RAISE(IGNORE); END", "rootseal_changes: answer"},
        {"CREATE TRIGGER t BEFORE INSERT ON rootseal_certificates BEGIN SELECT RAISE(IGNORE); END", "was written and is not there"},
        {"CREATE TRIGGER t AFTER INSERT ON rootseal_answers BEGIN DELETE FROM rootseal_answers WHERE n = 2; END",
         "rootseal_answers: answer"},
        {"CREATE TRIGGER t AFTER INSERT ON rootseal_lists BEGIN UPDATE rootseal_certificates SET profile = 'x'; END",
         "rootseal_certificates: serial number"},
        {"CREATE TRIGGER t AFTER INSERT ON rootseal_lists BEGIN INSERT INTO rootseal_changes SELECT bundle, 99, authority, serial,"
         " 'released', NULL, 0, 999, NULL FROM rootseal_changes WHERE n = 4; END",
         "rootseal_changes: it has 6 rows of the bundle, which has 5"},
    };
    bool news;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        help_run("rm -f ra.db");
        expect_ok_diag(put(true, &news), &d);
        change("DELETE FROM rootseal_lists; DELETE FROM rootseal_changes; DELETE FROM rootseal_certificates;"
               "DELETE FROM rootseal_answers");
        change(rows[i][0]);
        enum err e = put(true, &news);
        ck_assert_msg(e == E_DATABASE && strstr(d.text, rows[i][1]) != NULL, "%zu: %s: %s", i, err_name(e), d.text);
        expect_seen(e);
    }
}
END_TEST

START_TEST(what_is_put_right_is_named)
{
    bool news;
    expect_ok_diag(put(true, &news), &d);
    ck_assert_uint_eq(done.mended, 0);
    change("UPDATE rootseal_changes SET status = 'released' WHERE n = 4; DELETE FROM rootseal_lists");
    expect_ok_diag(put(true, &news), &d);
    ck_assert(news && done.mended == 2);
    buf_append_byte(&done.names, '\0');
    ck_assert_ptr_nonnull(strstr((const char *)done.names.data, "rootseal_changes: answer 4, "));
    ck_assert_ptr_nonnull(strstr((const char *)done.names.data, "rootseal_lists: list 5 of "));
    change("DELETE FROM rootseal_changes WHERE n = 4; INSERT INTO rootseal_changes SELECT bundle, 90, authority, serial, 'released',"
           " NULL, 0, 999, NULL FROM rootseal_changes LIMIT 1");
    expect_err(put(true, &news), E_DATABASE);
}
END_TEST

/* Tables of version 1, as its program left them. */
START_TEST(older_tables_become_these)
{
    bool news;
    expect_ok_diag(put(true, &news), &d);
    change("ALTER TABLE rootseal_changes DROP COLUMN log_time; ALTER TABLE rootseal_lists DROP COLUMN this_update;"
           "UPDATE rootseal_schema SET version = 1");
    expect_ok_diag(put(true, &news), &d);
    ck_assert(news && done.mended == 0);
    ck_assert_int_eq(count("SELECT version FROM rootseal_schema"), 2);
    ck_assert_int_eq(count("SELECT count(*) FROM rootseal_changes WHERE log_time LIKE '20__-__-__T__:__:__Z'"), 5);
    ck_assert_int_eq(count("SELECT count(*) FROM rootseal_lists WHERE this_update < next_update"), 1);
}
END_TEST

START_TEST(a_name_that_is_no_files)
{
    static const char *const names[] = {"", ":memory:"};
    struct db *db;
    for (size_t i = 0; i < 2; i++) {
        d = (struct diag){0};
        expect_err(db_open(names[i], &db, &d), E_USAGE);
    }
}
END_TEST

/* The first certificate will do: each of them allocates a thousand times. */
static enum err put_once(void)
{
    struct import few = bundle;
    few.answers.n = 1;
    struct store_done once = {.news = false};
    struct db *db;
    enum err e = db_open(path, &db, &d);
    if (e == E_OK)
        e = store_put(db, &few, NULL, &once, &d);
    db_close(db);
    differs = differs || (e == E_OK && !once.news);
    store_done_free(&once);
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
    tcase_add_test(t, what_is_read_back_is_what_was_put);
    tcase_add_test(t, what_is_put_right_is_named);
    tcase_add_test(t, older_tables_become_these);
    tcase_add_test(t, a_name_that_is_no_files);
    tcase_add_test(t, what_contradicts_is_refused);
    tcase_add_test(t, without_memory_nothing_is_said_of_the_bundle);
    suite_add_tcase(s, t);
    return s;
}
