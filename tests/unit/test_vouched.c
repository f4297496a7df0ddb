#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "expect.h"
#include "help_batch.h"
#include "help_index.h"

Suite *suite_vouched(void);

/* An index that has signing.db, in a folder of its own. */
static struct index *x;
static struct diag d;

static void set_up(void)
{
    tree_make();
    x = NULL;
}

static void close_it(void)
{
    index_close(x);
    x = NULL;
    index_fix.x = NULL;
}

static void tear_down(void)
{
    close_it();
    tree_remove();
}

/* The samples of help_index.h go into it. */
static void open_it(bool anew)
{
    expect_ok_diag(index_open_vouched(tree_path("."), anew, &x, &d), &d);
    index_fix.x = x;
}

static void root_now(uint8_t out[DIGEST_LEN])
{
    expect_ok_diag(index_root(x, out, &d), &d);
}

static void root_when_opened(uint8_t out[DIGEST_LEN])
{
    open_it(false);
    ck_assert(index_root_then(x, out));
    close_it();
}

static struct index_cert sample(int i)
{
    struct index_cert c = help_index_cert("a", 1, 200, i, 1);
    c.serial_n = sizeof c.serial;
    memcpy(c.serial + 4, &i, sizeof i);
    memcpy(c.spki + 4, &i, sizeof i);
    return c;
}

/* So many certificates, in a transaction of their own. */
static void add(int from, int n)
{
    expect_ok_diag(index_begin(x, &d), &d);
    for (int i = from; i < from + n; i++) {
        const struct index_cert c = sample(i);
        expect_ok_diag(index_add_cert(x, &c, &d), &d);
    }
    const struct log_position at = help_index_position(7);
    expect_ok_diag(index_commit(x, &at, &d), &d);
}

static bool has(int i)
{
    const struct index_cert c = sample(i);
    bool there = false;
    expect_ok_diag(index_has_serial(x, "a", c.serial, c.serial_n, &there, &d), &d);
    return there;
}

START_TEST(its_root_stands_for_its_content)
{
    uint8_t made[DIGEST_LEN], then[DIGEST_LEN], later[DIGEST_LEN];
    open_it(false);
    ck_assert(index_is_vouched(x));
    ck_assert(!index_root_then(x, then)); /* there was none */
    help_index_fill();
    root_now(made);
    close_it();
    open_it(false);
    ck_assert(index_root_then(x, then));
    ck_assert_mem_eq(then, made, DIGEST_LEN);
    help_index_expect_filled();
    expect_ok_diag(index_known(x, &d), &d);
    add(1, 1);
    root_now(later);
    ck_assert_mem_ne(later, made, DIGEST_LEN);
    close_it();
    root_when_opened(then);
    ck_assert_mem_eq(then, later, DIGEST_LEN);
    open_it(true);
    ck_assert(!index_root_then(x, then));
    help_index_expect_empty();
}
END_TEST

/* More than SQLite keeps in memory, and more than one block of hashes. */
START_TEST(what_was_not_known_is_undone)
{
    uint8_t made[DIGEST_LEN], then[DIGEST_LEN];
    const int n = _i == 0 ? 10 : 40000;
    open_it(false);
    add(1, 100);
    root_now(made);
    close_it();
    open_it(false);
    add(1000, n);
    ck_assert(has(1000) && has(1000 + n - 1) && has(1));
    close_it();
    root_when_opened(then);
    ck_assert_mem_eq(then, made, DIGEST_LEN);
    open_it(false);
    ck_assert(!has(1000) && has(1) && has(100));
}
END_TEST

START_TEST(a_transaction_inside_can_be_undone)
{
    open_it(false);
    add(1, 10);
    close_it();
    open_it(false);
    add(20, 5);
    expect_ok_diag(index_begin(x, &d), &d);
    const struct index_cert c = sample(99);
    expect_ok_diag(index_add_cert(x, &c, &d), &d);
    index_rollback(x);
    index_rollback(x); /* of none */
    bool there = true;
    expect_ok(index_has_serial(x, "a", c.serial, c.serial_n, &there, &d));
    ck_assert(!there && has(20) && has(1));
    expect_ok_diag(index_known(x, &d), &d);
    close_it();
    open_it(false);
    ck_assert(has(20) && has(24) && has(1));
    expect_ok_diag(index_reset(x, &d), &d);
    ck_assert(!has(1));
}
END_TEST

static off_t size_of(const char *name)
{
    struct stat st;
    ck_assert_int_eq(stat(tree_path(name), &st), 0);
    return st.st_size;
}

static void flip(const char *name, off_t at)
{
    struct buf bytes = {0};
    tree_read(name, &bytes);
    bytes.data[at] ^= 1;
    tree_write(name, bytes.data, bytes.len);
    buf_free(&bytes);
}

/* Every answer is the right one or none. */
static void expect_no_lie(int n)
{
    enum err e = index_open_vouched(tree_path("."), false, &x, &d);
    for (int i = 1; i <= n && e == E_OK; i++) {
        const struct index_cert c = sample(i);
        bool there = false;
        e = index_has_serial(x, "a", c.serial, c.serial_n, &there, &d);
        ck_assert(e != E_OK || there);
    }
    ck_assert(e == E_OK || e == E_INDEX);
    index_close(x);
    x = NULL;
}

START_TEST(a_page_that_was_changed_is_not_read)
{
    struct buf pages = {0}, hashes = {0};
    open_it(false);
    add(1, 300);
    close_it();
    tree_read("signing.db", &pages);
    tree_read("signing.db-pages", &hashes);
    ck_assert_uint_eq(hashes.len, pages.len / 4096 * DIGEST_LEN);
    for (size_t at = 17; at < pages.len; at += 1024) {
        flip("signing.db", (off_t)at);
        expect_no_lie(300);
        tree_write("signing.db", pages.data, pages.len);
        tree_write("signing.db-pages", hashes.data, hashes.len);
    }
    /* a page in the place of another */
    struct buf moved = {0};
    buf_append(&moved, pages.data, pages.len);
    memcpy(moved.data + 4096 * 5, pages.data + 4096 * 6, 4096);
    tree_write("signing.db", moved.data, moved.len);
    expect_no_lie(300);
    buf_free(&moved);
    buf_free(&pages);
    buf_free(&hashes);
}
END_TEST

START_TEST(other_hashes_are_another_root)
{
    uint8_t made[DIGEST_LEN], then[DIGEST_LEN];
    struct buf hashes = {0};
    open_it(false);
    add(1, 3000); /* of more than one block */
    root_now(made);
    close_it();
    tree_read("signing.db-pages", &hashes);
    ck_assert_uint_gt(hashes.len, 4096);
    const size_t cut[] = {hashes.len - DIGEST_LEN, 4096, 4064, hashes.len};
    for (size_t i = 0; i < sizeof cut / sizeof cut[0]; i++) {
        tree_write("signing.db-pages", hashes.data, cut[i]);
        if (cut[i] == hashes.len)
            flip("signing.db-pages", 4096 + 3);
        enum err e = index_open_vouched(tree_path("."), false, &x, &d);
        if (e == E_OK) {
            ck_assert(index_root_then(x, then));
            ck_assert_mem_ne(then, made, DIGEST_LEN);
        }
        close_it();
        tree_write("signing.db-pages", hashes.data, hashes.len);
    }
    root_when_opened(then);
    ck_assert_mem_eq(then, made, DIGEST_LEN);
    ck_assert_int_eq(size_of("signing.db"), (off_t)(hashes.len / DIGEST_LEN * 4096));
    buf_free(&hashes);
}
END_TEST

START_TEST(hashes_that_change_meanwhile_are_not_believed)
{
    enum err e = E_OK;
    open_it(false);
    add(1, 3000);
    close_it();
    open_it(false);
    flip("signing.db-pages", 3);
    flip("signing.db-pages", 4096 + 3);
    for (int i = 1; i <= 3000 && e == E_OK; i++) {
        const struct index_cert c = sample(i);
        bool there = false;
        e = index_has_serial(x, "a", c.serial, c.serial_n, &there, &d);
        ck_assert(e != E_OK || there);
    }
    ck_assert_int_eq(e, E_INDEX);
}
END_TEST

/* A journal that somebody puts beside it is not looked at. */
START_TEST(nothing_beside_it_is_read)
{
    uint8_t made[DIGEST_LEN], then[DIGEST_LEN];
    open_it(false);
    add(1, 10);
    root_now(made);
    close_it();
    tree_write_str("signing.db-journal", "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7");
    tree_write_str("signing.db-wal", "something");
    root_when_opened(then);
    ck_assert_mem_eq(then, made, DIGEST_LEN);
}
END_TEST

START_TEST(what_is_no_file_is_no_index)
{
    ck_assert_int_eq(symlink("elsewhere", tree_path("signing.db")), 0);
    expect_err(index_open_vouched(tree_path("."), false, &x, &d), E_IO);
    ck_assert(!tree_has("elsewhere"));
    open_it(true); /* which removes it */
    close_it();
    ck_assert_int_eq(unlink(tree_path("signing.db-pages")), 0);
    ck_assert_int_eq(mkfifo(tree_path("signing.db-pages"), 0600), 0);
    expect_err(index_open_vouched(tree_path("."), false, &x, &d), E_IO);
}
END_TEST

START_TEST(what_was_just_made_has_no_root_to_know)
{
    uint8_t root[DIGEST_LEN];
    struct index *cache = NULL;
    open_it(true);
    expect_ok_diag(index_known(x, &d), &d);
    add(1, 1);
    ck_assert(!index_root_then(x, root));
    expect_ok_diag(index_private(&cache, &d), &d);
    ck_assert(!index_root_then(cache, root) && !index_is_vouched(cache));
    index_close(cache);
}
END_TEST

Suite *suite_vouched(void)
{
    Suite *s = suite_create("vouched");
    TCase *t = tcase_create("vouched");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, its_root_stands_for_its_content);
    tcase_add_loop_test(t, what_was_not_known_is_undone, 0, 2);
    tcase_add_test(t, a_transaction_inside_can_be_undone);
    tcase_add_test(t, a_page_that_was_changed_is_not_read);
    tcase_add_test(t, other_hashes_are_another_root);
    tcase_add_test(t, hashes_that_change_meanwhile_are_not_believed);
    tcase_add_test(t, nothing_beside_it_is_read);
    tcase_add_test(t, what_is_no_file_is_no_index);
    tcase_add_test(t, what_was_just_made_has_no_root_to_know);
    suite_add_tcase(s, t);
    return s;
}
