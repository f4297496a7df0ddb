#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/map.h"
#include "expect.h"
#include "help_batch.h"

Suite *suite_map(void);

static int dir = -1;
static struct diag d;

static void set_up(void)
{
    tree_make();
    dir = tree_open(".");
}

static void tear_down(void)
{
    close(dir);
    tree_remove();
}

START_TEST(a_file_is_mapped)
{
    struct span s;
    tree_write_str("f", "twelve bytes");
    expect_ok_diag(map_open(dir, "f", 12, &s, &d), &d);
    ck_assert_uint_eq(s.n, 12);
    ck_assert_mem_eq(s.p, "twelve bytes", 12);
    map_close(&s);
    ck_assert_ptr_null(s.p);
    map_close(&s);
}
END_TEST

START_TEST(an_empty_file_is_an_empty_span)
{
    struct span s = {(const uint8_t *)"x", 1};
    tree_write_str("f", "");
    expect_ok_diag(map_open(dir, "f", 0, &s, &d), &d);
    ck_assert_ptr_null(s.p);
    ck_assert_uint_eq(s.n, 0);
    map_close(&s);
}
END_TEST

static void refused(const char *name, enum err want)
{
    struct span s = {(const uint8_t *)"x", 1};
    expect_err(map_open(dir, name, 11, &s, &d), want);
    ck_assert_ptr_null(s.p);
    ck_assert_int_eq(d.code, want);
}

START_TEST(what_is_no_plain_file_is_refused)
{
    tree_write_str("f", "twelve bytes");
    tree_mkdir("folder");
    ck_assert_int_eq(symlink("f", tree_path("link")), 0);
    ck_assert_int_eq(mkfifo(tree_path("fifo"), 0600), 0);
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s", tree_path("socket"));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    close(fd);
    refused("missing", E_IO);
    refused("f", E_MEDIUM_LIMIT);
    refused("folder", E_MEDIUM_FILE);
    refused("link", E_MEDIUM_FILE);
    refused("fifo", E_MEDIUM_FILE);
    refused("socket", E_MEDIUM_FILE);
}
END_TEST

Suite *suite_map(void)
{
    Suite *s = suite_create("map");
    TCase *t = tcase_create("map");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_file_is_mapped);
    tcase_add_test(t, an_empty_file_is_an_empty_span);
    tcase_add_test(t, what_is_no_plain_file_is_refused);
    suite_add_tcase(s, t);
    return s;
}
