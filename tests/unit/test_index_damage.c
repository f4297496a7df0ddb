#include <check.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "expect.h"
#include "help_index.h"

static void put(const char *p, size_t n)
{
    int fd = open(index_fix.path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, p, n), (ssize_t)n);
    close(fd);
}

static off_t size_now(void)
{
    struct stat st;
    ck_assert_int_eq(stat(index_fix.path, &st), 0);
    return st.st_size;
}

static void close_index(void)
{
    index_close(index_fix.x);
    index_fix.x = NULL;
}

START_TEST(other_files_are_replaced)
{
    static char garbage[70000];
    static const size_t lengths[] = {1, 15, 100, 4096, 70000};
    memset(garbage, 'g', sizeof garbage);
    if (_i >= 5)
        memcpy(garbage, "SQLite format 3", 16);
    help_index_fill();
    close_index();
    put(garbage, lengths[_i % 5]);
    help_index_reopen();
    help_index_expect_empty();
    help_index_fill();
    help_index_reopen();
    help_index_expect_filled();
}
END_TEST

START_TEST(a_removed_file_is_made_anew)
{
    char wal[128];
    snprintf(wal, sizeof wal, "%s-wal", index_fix.path);
    help_index_fill();
    close_index();
    unlink(index_fix.path);
    /* What a killed program may leave beside the file that somebody deletes. */
    int fd = open(wal, O_WRONLY | O_CREAT, 0600);
    ck_assert_int_eq(write(fd, "stale", 5), 5);
    close(fd);
    help_index_reopen();
    help_index_expect_empty();
}
END_TEST

START_TEST(a_cut_file_is_replaced)
{
    help_index_fill();
    close_index();
    off_t whole = size_now();
    ck_assert_int_gt(whole, 8192);
    ck_assert_int_eq(truncate(index_fix.path, _i == 0 ? whole / 2 : _i == 1 ? 4096 : 100), 0);
    help_index_reopen();
    help_index_expect_empty();
    help_index_fill();
    help_index_reopen();
    help_index_expect_filled();
}
END_TEST

/* Change the database behind the index's back. */
static void tamper(const char *sql)
{
    sqlite3 *db;
    close_index();
    ck_assert_int_eq(sqlite3_open(index_fix.path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    help_index_reopen();
}

START_TEST(another_database_is_replaced)
{
    static const char *const statements[] = {
        "PRAGMA user_version = 99",
        "PRAGMA application_id = 5",
        "DROP TABLE certs",
        "PRAGMA user_version = 0; PRAGMA application_id = 0",
        "UPDATE meta SET value = x'00'",
        "UPDATE meta SET value = substr(value, 1, length(value) - 1) || x'00'",
        /* all there, and more */
        "CREATE TRIGGER t AFTER INSERT ON certs BEGIN DELETE FROM certs; END",
        "CREATE VIEW v AS SELECT * FROM certs",
        "CREATE TABLE more (x)",
        "CREATE INDEX more ON certs (subject)",
        /* all there, but other */
        "ALTER TABLE certs ADD COLUMN more",
        "DROP INDEX certs_spki; CREATE INDEX certs_spki ON certs (spki) WHERE n > 1",
        "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = replace(sql, 'spki BLOB', 'spki TEXT')",
        "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET rootpage ="
        " (SELECT rootpage FROM sqlite_schema WHERE name = 'keys_digest') WHERE name = 'certs_spki'",
        /* larger than ours could be */
        "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = sql || printf('/%.*c/', 400000, '*')"
        " WHERE name = 'certs_spki'",
        "UPDATE meta SET value = zeroblob(400000)",
    };
    help_index_fill();
    tamper(statements[_i]);
    help_index_expect_empty();
    help_index_fill();
    help_index_reopen();
    help_index_expect_filled();
}
END_TEST

/* Nothing of what is there has a say. */
START_TEST(made_anew_whatever_is_there)
{
    help_index_fill();
    tamper("UPDATE meta SET value = value");
    help_index_expect_filled();
    close_index();
    expect_ok_diag(index_make(index_fix.folder, &index_fix.x, &index_fix.d), &index_fix.d);
    help_index_expect_empty();
    help_index_fill();
    help_index_reopen();
    help_index_expect_filled();
}
END_TEST

START_TEST(damage_found_late_ends_with_a_new_index)
{
    struct index_batch b = help_index_batch(1, "ra-1", "b-1", 1);
    bool found;
    help_index_fill();
    tamper("UPDATE batches SET plan = x'00'");
    expect_err(index_batch_by_digest(index_fix.x, b.digest, &b, &found, &index_fix.d), E_INDEX);
    ck_assert(!found);
    help_index_reopen();
    help_index_expect_empty();
}
END_TEST

/* A program killed at any moment leaves whole transactions. */
START_TEST(killed_programs_leave_whole_transactions)
{
    close_index();
    for (int round = 0; round < 20; round++) {
        int wrote[2];
        ck_assert_int_eq(pipe(wrote), 0);
        pid_t pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
            struct log_position at;
            if (index_open(index_fix.folder, &index_fix.x, NULL) != E_OK || index_position(index_fix.x, &at, NULL) != E_OK)
                _exit(1);
            /* bytes counts the certificates: a transaction adds 50. */
            for (;;) {
                if (index_begin(index_fix.x, NULL) != E_OK)
                    _exit(1);
                for (int i = 0; i < 50; i++, at.bytes++) {
                    struct index_cert c = help_index_cert("ca", 0, 0, (int64_t)at.bytes, (uint8_t)at.bytes);
                    memcpy(c.serial, &at.bytes, 8);
                    c.serial_n = 8;
                    c.log_seq = 1;
                    if (index_add_cert(index_fix.x, &c, NULL) != E_OK)
                        _exit(1);
                }
                if (index_commit(index_fix.x, &at, NULL) != E_OK || write(wrote[1], "", 1) != 1)
                    _exit(1);
            }
        }
        /* Every second time not before a transaction was written, however slow the machine is. */
        char byte;
        close(wrote[1]);
        if (round % 2 == 1)
            ck_assert_int_eq(read(wrote[0], &byte, 1), 1);
        usleep((useconds_t)(20000 + 1700 * round));
        kill(pid, SIGKILL);
        int status;
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFSIGNALED(status));
        close(wrote[0]);
        struct log_position at;
        uint64_t issued;
        uint64_t all;
        help_index_reopen();
        expect_ok_diag(index_position(index_fix.x, &at, &index_fix.d), &index_fix.d);
        expect_ok_diag(index_totals(index_fix.x, &issued, &all, &index_fix.d), &index_fix.d);
        ck_assert_uint_eq(issued, at.bytes);
        ck_assert_uint_eq(issued % 50, 0);
        if (round == 19)
            ck_assert_uint_gt(issued, 0);
        close_index();
    }
}
END_TEST

Suite *suite_index_damage(void);
Suite *suite_index_damage(void)
{
    Suite *s = suite_create("index_damage");
    TCase *t = tcase_create("index_damage");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, help_index_set_up, help_index_tear_down);
    tcase_add_loop_test(t, other_files_are_replaced, 0, 10);
    tcase_add_test(t, a_removed_file_is_made_anew);
    tcase_add_loop_test(t, a_cut_file_is_replaced, 0, 3);
    tcase_add_loop_test(t, another_database_is_replaced, 0, 16);
    tcase_add_test(t, made_anew_whatever_is_there);
    tcase_add_test(t, damage_found_late_ends_with_a_new_index);
    tcase_add_test(t, killed_programs_leave_whole_transactions);
    suite_add_tcase(s, t);
    return s;
}
