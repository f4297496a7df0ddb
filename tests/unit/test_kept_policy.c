#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/kept_policy.h"
#include "batch/state.h"
#include "core/file.h"
#include "expect.h"
#include "help_batch.h"
#include "memory_sweep.h"
#include "policy/folder.h"

Suite *suite_kept_policy(void);

static struct diag d;
static bool differs;
static uint8_t digest[DIGEST_LEN];
static char folder[sizeof POLICIES_DIR + DIGEST_HEX];
static int state_fd;

static void set_up(void)
{
    char hex[DIGEST_HEX];
    d = (struct diag){0};
    tree_make();
    ck_assert_int_eq(mkdir(tree_path("state"), 0700), 0);
    expect_ok_diag(file_open_dir(tree_path("state"), &state_fd, &d), &d);
    expect_ok(policy_digest(&policy_table, digest));
    hex_encode(digest, DIGEST_LEN, hex);
    snprintf(folder, sizeof folder, POLICIES_DIR "/%s", hex);
}

static void tear_down(void)
{
    close(state_fd);
    tree_remove();
}

static enum err keep(void)
{
    return kept_policy_write(state_fd, &policy_table, digest, &d);
}

/* Read what is kept, as an auditor does. */
static enum err read_kept(uint8_t out[DIGEST_LEN])
{
    struct policy_folder *f = NULL;
    int fd = file_open_beneath(state_fd, folder, O_RDONLY | O_DIRECTORY, 0);
    ck_assert_int_ge(fd, 0);
    enum err e = policy_folder_read(fd, folder, &f, &d);
    close(fd);
    if (e == E_OK)
        e = policy_digest(policy_folder_result(f), out);
    policy_folder_free(f);
    return e;
}

START_TEST(what_is_kept_gives_the_policy)
{
    uint8_t got[DIGEST_LEN];
    expect_ok_diag(keep(), &d);
    expect_ok_diag(read_kept(got), &d);
    ck_assert_mem_eq(got, digest, DIGEST_LEN);
}
END_TEST

/* A run that was cut short has not written appliance.yaml; one that was not is left alone. */
START_TEST(until_it_is_whole)
{
    uint8_t got[DIGEST_LEN];
    expect_ok_diag(keep(), &d);
    int fd = file_open_beneath(state_fd, folder, O_RDONLY | O_DIRECTORY, 0);
    ck_assert_int_ge(fd, 0);
    expect_ok(file_write(fd, "people.yaml", "", 0, &d));
    expect_ok_diag(keep(), &d);
    expect_err(read_kept(got), E_POLICY);
    ck_assert_int_eq(unlinkat(fd, "appliance.yaml", 0), 0);
    expect_ok_diag(keep(), &d);
    expect_ok_diag(read_kept(got), &d);
    ck_assert_mem_eq(got, digest, DIGEST_LEN);
    close(fd);
}
END_TEST

static enum err keep_three(void)
{
    static const struct policy_file files[] = {{"appliance.yaml", {(const uint8_t *)"a", 1}},
                                               {"people/of/one.pem", {(const uint8_t *)"one", 3}},
                                               {"people/two.pem", {(const uint8_t *)"two", 3}}};
    const struct policy p = {.files = files, .files_n = 3};
    return kept_policy_write(state_fd, &p, digest, &d);
}

START_TEST(files_below_folders)
{
    struct buf text = {0};
    expect_ok_diag(keep_three(), &d);
    int fd = file_open_beneath(state_fd, folder, O_RDONLY | O_DIRECTORY, 0);
    ck_assert_int_ge(fd, 0);
    expect_ok_diag(file_read(fd, "people/of/one.pem", 10, &text, NULL, &d), &d);
    expect_ok_diag(file_read(fd, "people/two.pem", 10, &text, NULL, &d), &d);
    ck_assert_uint_eq(text.len, 6);
    ck_assert_mem_eq(text.data, "onetwo", 6);
    close(fd);
    buf_free(&text);
}
END_TEST

START_TEST(a_table_made_by_hand_has_no_files)
{
    const struct policy p = {.name = "p"};
    expect_ok_diag(kept_policy_write(state_fd, &p, digest, &d), &d);
    ck_assert_int_ne(faccessat(state_fd, POLICIES_DIR, F_OK, 0), 0);
}
END_TEST

START_TEST(where_something_else_has_the_name)
{
    expect_ok(file_write(state_fd, POLICIES_DIR, "x", 1, &d));
    expect_err(keep(), E_MEDIUM);
}
END_TEST

/* A folder that is whole is left alone: each time it must not be. */
static enum err keep_again(void)
{
    char first[sizeof folder + 32];
    snprintf(first, sizeof first, "%s/appliance.yaml", folder);
    (void)unlinkat(state_fd, first, 0);
    enum err e = keep_three();
    differs = differs || (e == E_OK) != (faccessat(state_fd, first, F_OK, 0) == 0);
    return e;
}

START_TEST(no_memory)
{
    memory_sweep("keep", keep_again, &d, &differs);
}
END_TEST

Suite *suite_kept_policy(void)
{
    Suite *s = suite_create("kept_policy");
    TCase *t = tcase_create("kept_policy");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, what_is_kept_gives_the_policy);
    tcase_add_test(t, until_it_is_whole);
    tcase_add_test(t, files_below_folders);
    tcase_add_test(t, a_table_made_by_hand_has_no_files);
    tcase_add_test(t, where_something_else_has_the_name);
    tcase_add_test(t, no_memory);
    suite_add_tcase(s, t);
    return s;
}
