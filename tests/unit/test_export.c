#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/bundle.h"
#include "batch/export.h"
#include "core/json.h"
#include "expect.h"
#include "help_batch.h"

Suite *suite_export(void);

#define FOLDER "ra-1-3-11111111"

static struct world w;
static struct state state;
static struct intake in;
static struct diag d;

static const char *in_archive(const char *name)
{
    static char path[4][256];
    static unsigned turn;
    char *p = path[turn++ % 4];
    snprintf(p, sizeof path[0], "state/archive/%s%s%s", in.dir, name[0] != '\0' ? "/" : "", name);
    return p;
}

static void write_plan(void)
{
    struct plan_header h = {.authority = "ca", .ra = "ra-1", .id = "batch-1", .sequence = 3,
                            .created = WORLD_NOW, .expires = WORLD_NOW, .log_size = 1,
                            .log_bytes = 1};
    struct buf out = {0};
    memset(h.batch, 0x11, DIGEST_LEN);
    expect_ok(plan_write_header(&h, &out));
    expect_ok(plan_write_end(&(struct plan_counts){.issue = 0, .refuse = 0}, &out));
    tree_write(in_archive(PLAN_FILE), out.data, out.len);
    buf_free(&out);
}

static void set_up(void)
{
    tree_make();
    world_make(&w);
    world_state(&w, &state);
    tree_mkdir("medium");
    memset(in.digest, 0x22, DIGEST_LEN);
    memset(in.batch, 0x11, DIGEST_LEN);
    hex_encode(in.digest, DIGEST_LEN, in.dir);
    tree_mkdir(in_archive(""));
    write_plan();
    tree_mkdir(in_archive(BUNDLE_DIR));
    tree_write_str(in_archive(BUNDLE_DIR "/bundle.json"), "{}\n");
    tree_write_str(in_archive(BUNDLE_DIR "/certs.p7b"), "certificates");
    tree_write_str(in_archive(BUNDLE_DIR "/empty"), "");
}

static void tear_down(void)
{
    state_close(&state);
    world_free(&w);
    tree_remove();
}

static enum err export_to(const char *to, char name[EXPORT_NAME])
{
    d = (struct diag){0};
    enum err e = export_bundle(&state, in.digest, tree_path(to), name, &d);
    ck_assert_int_eq(d.code, e);
    return e;
}

static void expect_export(enum err want)
{
    char name[EXPORT_NAME];
    expect_err(export_to("medium", name), want);
}

static void expect_file(const char *path, const char *content)
{
    struct buf got = {0};
    tree_read(path, &got);
    ck_assert_uint_eq(got.len, strlen(content));
    if (got.len > 0)
        ck_assert_mem_eq(got.data, content, got.len);
    buf_free(&got);
}

START_TEST(a_bundle_is_copied)
{
    char name[EXPORT_NAME];
    struct stat st;
    mode_t before = umask(077);
    expect_ok_diag(export_to("medium", name), &d);
    umask(before);
    ck_assert_str_eq(name, FOLDER);
    expect_file("medium/" FOLDER "/bundle.json", "{}\n");
    expect_file("medium/" FOLDER "/certs.p7b", "certificates");
    expect_file("medium/" FOLDER "/empty", "");
    ck_assert(!tree_has("medium/" FOLDER ".tmp"));
    ck_assert_int_eq(stat(tree_path("medium/" FOLDER), &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0755); /* for whoever takes the medium */
    ck_assert_int_eq(stat(tree_path("medium/" FOLDER "/certs.p7b"), &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0644);
}
END_TEST

START_TEST(again_is_done_already)
{
    struct stat before, after;
    expect_export(E_OK);
    ck_assert_int_eq(stat(tree_path("medium/" FOLDER), &before), 0);
    expect_export(E_OK);
    ck_assert_int_eq(stat(tree_path("medium/" FOLDER), &after), 0);
    ck_assert_int_eq((int)(before.st_ino == after.st_ino), 1);
    ck_assert_int_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}
END_TEST

/* Whatever differs from the bundle is never written over. */
START_TEST(something_else_is_there)
{
    const char *file = "medium/" FOLDER "/certs.p7b";
    expect_export(E_OK);
    switch (_i) {
    case 0:
        tree_write_str(file, "CERTIFICATES");
        break;
    case 1:
        unlink(tree_path(file));
        break;
    case 2:
        tree_write_str("medium/" FOLDER "/more", "x");
        break;
    case 3:
        unlink(tree_path(file));
        ck_assert_int_eq(symlink("bundle.json", tree_path(file)), 0);
        break;
    case 4:
        unlink(tree_path(file));
        ck_assert_int_eq(mkfifo(tree_path(file), 0600), 0);
        break;
    case 5:
        ck_assert_int_eq(rename(tree_path("medium/" FOLDER), tree_path("medium/other")), 0);
        tree_write_str("medium/" FOLDER, "a file");
        break;
    case 6:
        ck_assert_int_eq(rename(tree_path("medium/" FOLDER), tree_path("medium/other")), 0);
        ck_assert_int_eq(symlink("other", tree_path("medium/" FOLDER)), 0);
        break;
    case 7:
        unlink(tree_path(file));
        tree_mkdir(file);
        break;
    }
    expect_export(E_FOLDER_OCCUPIED);
}
END_TEST

/* So is a folder with more in it than a bundle can have. */
START_TEST(a_crowded_folder_is_there)
{
    expect_export(E_OK);
    for (int i = 0; i < LIMIT_MEDIUM_FILES; i++) {
        char path[64];
        snprintf(path, sizeof path, "medium/" FOLDER "/f%d", i);
        tree_write_str(path, "x");
    }
    expect_export(E_FOLDER_OCCUPIED);
}
END_TEST

START_TEST(an_interrupted_one_is_tidied_up)
{
    tree_mkdir("medium/" FOLDER ".tmp");
    tree_write_str("medium/" FOLDER ".tmp/certs.p7b", "certif");
    tree_write_str("medium/" FOLDER ".tmp/old", "x");
    expect_export(E_OK);
    ck_assert(!tree_has("medium/" FOLDER ".tmp"));
    ck_assert(!tree_has("medium/" FOLDER "/old"));
}
END_TEST

/* A link planted under the temporary name leads nowhere. */
START_TEST(a_planted_link)
{
    tree_mkdir("victim");
    ck_assert_int_eq(symlink("../victim", tree_path("medium/" FOLDER ".tmp")), 0);
    expect_export(E_MEDIUM);
    ck_assert(!tree_has("victim/certs.p7b"));
}
END_TEST

START_TEST(what_is_missing)
{
    char name[EXPORT_NAME], command[700];
    expect_err(export_to("nowhere", name), E_MEDIUM);
    snprintf(command, sizeof command, "rm -r %s", tree_path(in_archive(BUNDLE_DIR)));
    ck_assert_int_eq(system(command), 0);
    expect_export(E_BUNDLE_MISSING);
    unlink(tree_path(in_archive(PLAN_FILE)));
    expect_export(E_PLAN_MISSING);
    tree_write_str(in_archive(PLAN_FILE), "nonsense\n");
    expect_export(E_PLAN_FORMAT);
    in.digest[0] ^= 1;
    expect_export(E_ARCHIVE);
}
END_TEST

/* -- refusals -- */

static struct planned refusal(enum err code, const char *detail)
{
    struct planned p = {.intake = in, .refused = code, .clause = "rule limits"};
    snprintf(p.detail, sizeof p.detail, "%s", detail);
    return p;
}

static enum err export_answer(const struct planned *p, char name[EXPORT_NAME])
{
    d = (struct diag){0};
    enum err e = export_refusal(&state, p, tree_path("medium"), name, &d);
    ck_assert_int_eq(d.code, e);
    return e;
}

START_TEST(a_refusal_is_answered)
{
    char name[EXPORT_NAME];
    struct log_position at = *log_position(state.log);
    struct planned p = refusal(E_BATCH_EXPIRED, "valid until \"yesterday\"");
    expect_ok(index_begin(state.index, &d));
    expect_ok(index_add_seen(state.index, in.digest, "E_BATCH_EXPIRED", 42, &d));
    expect_ok(index_commit(state.index, &at, &d));
    for (int i = 0; i < 2; i++) { /* again is done already */
        expect_ok_diag(export_answer(&p, name), &d);
        ck_assert_str_eq(name, "refused-22222222-E_BATCH_EXPIRED");
    }
    expect_file("medium/refused-22222222-E_BATCH_EXPIRED/refusal.json",
                "{\"format\":\"rootseal-refusal-1\",\"batch\":\"11111111111111111111111111111111"
                "11111111111111111111111111111111\",\"intake\":\"22222222222222222222222222222222"
                "22222222222222222222222222222222\",\"code\":\"E_BATCH_EXPIRED\",\"clause\":"
                "\"rule limits\",\"detail\":\"valid until \\\"yesterday\\\"\",\"log\":42}\n");
}
END_TEST

/* Promise 4: every request is answered. A batch that came too early and then too late has two
 * answers, and the second must reach the RA on the same medium. */
START_TEST(a_second_refusal)
{
    char name[EXPORT_NAME];
    struct planned first = refusal(E_SEQUENCE, "it is 2");
    struct planned second = refusal(E_BATCH_EXPIRED, "late");
    expect_ok_diag(export_answer(&first, name), &d);
    expect_ok_diag(export_answer(&second, name), &d);
    expect_ok_diag(export_answer(&first, name), &d); /* and the first once more */
}
END_TEST

Suite *suite_export(void)
{
    Suite *s = suite_create("export");
    TCase *t = tcase_create("export");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 30);
    tcase_add_test(t, a_bundle_is_copied);
    tcase_add_test(t, again_is_done_already);
    tcase_add_loop_test(t, something_else_is_there, 0, 8);
    tcase_add_test(t, a_crowded_folder_is_there);
    tcase_add_test(t, an_interrupted_one_is_tidied_up);
    tcase_add_test(t, a_planted_link);
    tcase_add_test(t, what_is_missing);
    tcase_add_test(t, a_refusal_is_answered);
    tcase_add_test(t, a_second_refusal);
    suite_add_tcase(s, t);
    return s;
}
