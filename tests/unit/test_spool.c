/* Files without a name, and files that become durable together. */
#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "expect.h"
#include "help_batch.h"
#include "ra/group.h"
#include "ra/lines.h"

Suite *suite_spool(void);

static int dir = -1;
static struct diag d;

static void set_up(void)
{
    tree_make();
    dir = tree_open(".");
    d = (struct diag){0};
}

static void tear_down(void)
{
    close(dir);
    tree_remove();
}

static size_t files_in(void)
{
    struct file_list names;
    expect_ok_diag(file_list(dir, 10000, &names, &d), &d);
    size_t n = names.n;
    file_list_free(&names);
    return n;
}

static struct span text(const char *s)
{
    return (struct span){(const uint8_t *)s, strlen(s)};
}

START_TEST(what_is_appended_stays_where_it_is)
{
    struct spool s;
    struct span first, second, none;
    expect_ok_diag(spool_make(dir, 10, &s, &d), &d);
    ck_assert_uint_eq(files_in(), 0);
    expect_ok_diag(spool_append(&s, text("first"), &first, &d), &d);
    expect_ok_diag(spool_append(&s, text(""), &none, &d), &d);
    expect_ok_diag(spool_append(&s, text("other"), &second, &d), &d);
    spool_let_go(&s);
    ck_assert_mem_eq(first.p, "first", 5);
    ck_assert_mem_eq(second.p, "other", 5);
    ck_assert_uint_eq(none.n, 0);
    ck_assert_mem_eq(s.content.p, "firstother", 10);
    ck_assert_uint_eq(s.content.n, 10);
    expect_err(spool_append(&s, text("x"), NULL, &d), E_NO_MEMORY);
    spool_free(&s);
    spool_free(&s);
    spool_let_go(&s);
}
END_TEST

static enum err refuse(void *arg, struct span piece)
{
    *(size_t *)arg += piece.n;
    return E_CRYPTO;
}

START_TEST(a_copy_is_the_file_as_it_was)
{
    static char large[3 * SPOOL_STRIDE + 7];
    struct spool s;
    size_t seen = 0, lines = 0;
    struct span line;
    for (size_t i = 0; i < sizeof large; i++)
        large[i] = i % 100 == 99 ? '\n' : (char)('a' + i / 100 % 26);
    tree_write("large", large, sizeof large);
    tree_write("empty", "", 0);
    expect_ok_diag(spool_copy(dir, dir, "large", sizeof large, NULL, NULL, &s, &d), &d);
    tree_write("large", "changed", 7);
    ck_assert_uint_eq(s.content.n, sizeof large);
    struct lines l = lines_of(&s);
    while (lines_next(&l, &line, NULL)) {
        ck_assert_mem_eq(line.p, large + 100 * lines, line.n);
        lines++;
    }
    ck_assert_uint_eq(lines, sizeof large / 100 + 1);
    spool_free(&s);
    expect_ok_diag(spool_copy(dir, dir, "empty", 10, NULL, NULL, &s, &d), &d);
    ck_assert_uint_eq(s.content.n, 0);
    spool_free(&s);
    expect_err(spool_copy(dir, dir, "large", 6, NULL, NULL, &s, &d), E_MEDIUM_LIMIT);
    expect_err(spool_copy(dir, dir, "large", 7, refuse, &seen, &s, &d), E_CRYPTO);
    ck_assert_uint_eq(seen, 7);
    expect_err(spool_copy(dir, dir, "none", 7, NULL, NULL, &s, &d), E_IO);
    ck_assert(s.map == NULL);
    ck_assert_uint_eq(files_in(), 2);
}
END_TEST

START_TEST(it_lies_where_the_folder_is_or_will_be)
{
    static const char *const paths[] = {".", "there", "there/", "there/new", "new", "new/", "/new-folder-of-a-test"};
    int fd;
    ck_assert_int_eq(mkdirat(dir, "there", 0700), 0);
    ck_assert_int_eq(fchdir(dir), 0);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        expect_ok_diag(spool_folder(paths[i], &fd, &d), &d);
        close(fd);
    }
    expect_err(spool_folder("none/new", &fd, &d), E_MEDIUM);
    tree_write("file", "x", 1);
    expect_err(spool_folder("file", &fd, &d), E_MEDIUM);
}
END_TEST

START_TEST(a_group_has_its_names_at_the_end)
{
    static struct group g;
    struct spool s;
    struct stat st;
    const struct span one = text("one");
    g.top = dir;
    expect_ok_diag(spool_make(dir, 2 * SPOOL_STRIDE, &s, &d), &d);
    for (int i = 0; i < 16; i++) {
        static const uint8_t piece[SPOOL_STRIDE / 10];
        expect_ok_diag(spool_append(&s, (struct span){piece, sizeof piece}, NULL, &d), &d);
    }
    tree_write("a.tmp", "left by one that was killed", 27);
    expect_ok_diag(group_put(&g, dir, "a", one, NULL, &d), &d);
    expect_ok_diag(group_put(&g, dir, "b", s.content, &s, &d), &d);
    ck_assert_int_ne(faccessat(dir, "a", F_OK, 0), 0);
    expect_ok_diag(group_end(&g, &d), &d);
    expect_ok_diag(group_end(&g, &d), &d);
    ck_assert_int_eq(fstatat(dir, "b", &st, 0), 0);
    ck_assert_int_eq(st.st_size, 16 * (SPOOL_STRIDE / 10));
    ck_assert_uint_eq(files_in(), 2);
    /* more than wait at a time: those before have their names already */
    for (int i = 0; i <= GROUP_FILES; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%d", i);
        expect_ok_diag(group_put(&g, dir, name, one, NULL, &d), &d);
    }
    ck_assert_int_eq(faccessat(dir, "n0", F_OK, 0), 0);
    group_drop(&g);
    ck_assert_uint_eq(files_in(), 2 + GROUP_FILES);
    spool_free(&s);
}
END_TEST

Suite *suite_spool(void)
{
    Suite *s = suite_create("spool");
    TCase *t = tcase_create("files");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, what_is_appended_stays_where_it_is);
    tcase_add_test(t, a_copy_is_the_file_as_it_was);
    tcase_add_test(t, it_lies_where_the_folder_is_or_will_be);
    tcase_add_test(t, a_group_has_its_names_at_the_end);
    suite_add_tcase(s, t);
    return s;
}
