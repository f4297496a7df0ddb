#include <check.h>
#include <string.h>
#include <unistd.h>

#include "batch/archive.h"
#include "expect.h"
#include "help_batch.h"

Suite *suite_archive(void);

#define A "0011223344556677889900112233445566778899001122334455667788990011"
#define B "0011223345556677889900112233445566778899001122334455667788990011"
#define C "abcdef0123456789889900112233445566778899001122334455667788990011"

static int dir = -1;
static struct diag d;

static void set_up(void)
{
    tree_make();
    dir = tree_open(".");
    tree_mkdir(A);
    tree_mkdir(B);
    tree_mkdir(C);
    tree_mkdir("incoming.tmp");
    tree_mkdir("00112233"); /* too short for a digest */
}

static void tear_down(void)
{
    close(dir);
    tree_remove();
}

static void expect_find(const char *prefix, enum err want, const char *hex)
{
    uint8_t intake[DIGEST_LEN] = {0}, digest[DIGEST_LEN];
    d = (struct diag){0};
    expect_err(archive_find(dir, prefix, intake, &d), want);
    ck_assert_int_eq(d.code, want);
    if (hex != NULL) {
        ck_assert(hex_decode(hex, digest, DIGEST_LEN));
        ck_assert_mem_eq(intake, digest, DIGEST_LEN);
    }
}

START_TEST(a_prefix_that_is_enough)
{
    char prefix[65];
    for (size_t n = 8; n <= 64; n++) {
        snprintf(prefix, sizeof prefix, "%.*s", (int)n, C);
        expect_find(prefix, E_OK, C);
        snprintf(prefix, sizeof prefix, "%.*s", (int)n, A);
        if (n > 9)
            expect_find(prefix, E_OK, A);
        snprintf(prefix, sizeof prefix, "%.*s", (int)n, B);
        if (n > 9)
            expect_find(prefix, E_OK, B);
    }
}
END_TEST

START_TEST(none_or_more_than_one)
{
    expect_find("00112233", E_USAGE, NULL);
    ck_assert_ptr_nonnull(strstr(d.text, "2 batches"));
    expect_find("001122334", E_USAGE, NULL);
    expect_find("ffffffff", E_BATCH_MISSING, NULL);
    expect_find("abcdef0123456780", E_BATCH_MISSING, NULL);
    expect_find("1122334455667788", E_BATCH_MISSING, NULL);
}
END_TEST

START_TEST(what_is_no_prefix)
{
    static const char *const bad[] = {"", "abcdef0", "ABCDEF01", "abcdef0g", "../../etc",
                                      "abcdef01/",
                                      "abcdef 01", C "0", "abcdef01\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_find(bad[i], E_USAGE, NULL);
}
END_TEST

/* archive.h: "the one folder": a file of such a name is none. */
START_TEST(a_file_is_no_batch)
{
    tree_write_str("1212121212121212889900112233445566778899001122334455667788990011", "a file");
    expect_find("12121212", E_BATCH_MISSING, NULL);
}
END_TEST

Suite *suite_archive(void)
{
    Suite *s = suite_create("archive");
    TCase *t = tcase_create("archive");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_prefix_that_is_enough);
    tcase_add_test(t, none_or_more_than_one);
    tcase_add_test(t, what_is_no_prefix);
    tcase_add_test(t, a_file_is_no_batch);
    suite_add_tcase(s, t);
    return s;
}
