#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "batch/intake.h"
#include "core/limits.h"
#include "expect.h"
#include "help_batch.h"

Suite *suite_intake(void);

static const struct policy_limits limits = {100, 50, 86400, 86400, 60, 400 * 86400, "rule limits"};
static int archive = -1;
static struct diag d;

static void set_up(void)
{
    tree_make();
    tree_mkdir("medium");
    tree_mkdir("archive");
    archive = tree_open("archive");
    tree_write_str("medium/batch.jsonl", "the batch\n");
    tree_write_str("medium/a.p7s", "one approval");
    tree_write_str("medium/b.p7s", "another approval");
}

static void tear_down(void)
{
    close(archive);
    tree_remove();
}

static enum err copy(struct intake *in)
{
    d = (struct diag){0};
    enum err e = intake_copy(tree_path("medium"), archive, &limits, in, &d);
    ck_assert_int_eq(d.code, e);
    return e;
}

static const char *archived(const struct intake *in, const char *name)
{
    static char path[200];
    snprintf(path, sizeof path, "archive/%s/%s", in->dir, name);
    return path;
}

static void expect_refused(enum err want)
{
    struct intake in;
    expect_err(copy(&in), want);
}

/* The digest, worked out here from what the header says. */
static void digest_of(const char *lines, uint8_t out[DIGEST_LEN])
{
    expect_ok(digest_bytes(DIGEST_SHA256, lines, strlen(lines), out));
}

START_TEST(a_batch_is_copied)
{
    struct intake in;
    struct buf got = {0};
    uint8_t one[DIGEST_LEN], want[DIGEST_LEN];
    char lines[400] = "", hex[DIGEST_HEX];
    static const char *const files[][2] = {{"a.p7s", "one approval"},
                                           {"b.p7s", "another approval"},
                                           {"batch.jsonl", "the batch\n"}};
    expect_ok_diag(copy(&in), &d);
    for (size_t i = 0; i < 3; i++) {
        tree_read(archived(&in, files[i][0]), &got);
        ck_assert_uint_eq(got.len, strlen(files[i][1]));
        ck_assert_mem_eq(got.data, files[i][1], got.len);
        buf_reset(&got);
        digest_of(files[i][1], one);
        hex_encode(one, DIGEST_LEN, hex);
        snprintf(lines + strlen(lines), sizeof lines - strlen(lines), "%s %s\n", files[i][0], hex);
    }
    expect_ok(digest_bytes(DIGEST_SHA256, "\0the batch", sizeof "\0the batch" - 1, one)); /* a tree of one leaf */
    ck_assert_mem_eq(in.batch, one, DIGEST_LEN);
    digest_of(lines, want);
    ck_assert_mem_eq(in.digest, want, DIGEST_LEN);
    hex_encode(want, DIGEST_LEN, hex);
    ck_assert_str_eq(in.dir, hex);
    ck_assert(!tree_has("archive/incoming.tmp"));
    buf_free(&got);
}
END_TEST

START_TEST(coming_again_changes_nothing)
{
    struct intake first, second;
    expect_ok_diag(copy(&first), &d);
    tree_write_str(archived(&first, "plan.jsonl"), "a plan");
    expect_ok_diag(copy(&second), &d);
    ck_assert_mem_eq(&first, &second, sizeof first);
    ck_assert(tree_has(archived(&first, "plan.jsonl")));
    ck_assert(!tree_has("archive/incoming.tmp"));
}
END_TEST

START_TEST(every_name_and_byte_counts)
{
    struct intake first, second;
    expect_ok_diag(copy(&first), &d);
    ck_assert_int_eq(rename(tree_path("medium/b.p7s"), tree_path("medium/c.p7s")), 0);
    expect_ok_diag(copy(&second), &d);
    ck_assert_str_ne(first.dir, second.dir);
    ck_assert_mem_eq(first.batch, second.batch, DIGEST_LEN);
    first = second;
    tree_write_str("medium/c.p7s", "another approvaL");
    expect_ok_diag(copy(&second), &d);
    ck_assert_str_ne(first.dir, second.dir);
    first = second;
    ck_assert_int_eq(unlink(tree_path("medium/c.p7s")), 0);
    expect_ok_diag(copy(&second), &d);
    ck_assert_str_ne(first.dir, second.dir);
    first = second;
    tree_write_str("medium/batch.jsonl", "the batch\n\n");
    expect_ok_diag(copy(&second), &d);
    ck_assert_mem_ne(first.batch, second.batch, DIGEST_LEN);
}
END_TEST

/* The same files, made in every order. */
START_TEST(the_order_does_not_count)
{
    static const char *const names[] = {"batch.jsonl", "a.p7s", "B.p7s"};
    struct intake first = {0}, in;
    for (int i = 0; i < 6; i++) {
        int order[] = {i % 3, (i + 1 + i / 3) % 3, (i + 2 - i / 3 + 3) % 3};
        char command[600];
        snprintf(command, sizeof command, "rm -rf %s", tree_path("medium"));
        ck_assert_int_eq(system(command), 0);
        tree_mkdir("medium");
        for (int k = 0; k < 3; k++) {
            char path[80];
            snprintf(path, sizeof path, "medium/%s", names[order[k]]);
            tree_write_str(path, names[order[k]]);
        }
        expect_ok_diag(copy(&in), &d);
        if (i > 0)
            ck_assert_str_eq(in.dir, first.dir);
        first = in;
    }
}
END_TEST

/* What is added beside the batch later does not change its name. */
START_TEST(the_digest_is_stable)
{
    static const char *const later[] = {"plan.jsonl", "authorise-0011223344556677-officer-1.p7s",
                                        "authorise-.p7s", "superseded-0011.jsonl",
                                        "plan.jsonl.tmp", "notes"};
    struct intake in, again;
    expect_ok_diag(copy(&in), &d);
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++)
        tree_write_str(archived(&in, later[i]), "something");
    tree_mkdir(archived(&in, "bundle"));
    tree_mkdir(archived(&in, "refusal"));
    int fd = openat(archive, in.dir, O_RDONLY | O_DIRECTORY);
    expect_ok_diag(intake_digest(fd, &again, &d), &d);
    ck_assert_mem_eq(&in, &again, sizeof in);
    tree_write_str(archived(&in, "c.p7s"), "smuggled in later");
    expect_ok_diag(intake_digest(fd, &again, &d), &d);
    ck_assert_str_ne(in.dir, again.dir);
    close(fd);
}
END_TEST

START_TEST(names)
{
    static const char *const bad[] = {".hidden", ".p7s", "..p7s", "plan.jsonl", "readme.txt",
                                      "BATCH.JSONL", "batch.jsonl~", "a b.p7s", "a\n.p7s",
                                      "\xe4\xbd\xa0.p7s", "a.p7s.bak", "a.P7S", "p7s",
                                      "authorise-x.p7s", "authorise-0011223344556677-o.p7s",
                                      "01234567890123456789012345678901234567890123456789"
                                      "0123456789.p7sx"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char path[120];
        snprintf(path, sizeof path, "medium/%s", bad[i]);
        tree_write_str(path, "x");
        expect_refused(E_MEDIUM_FILE);
        ck_assert_int_eq(unlink(tree_path(path)), 0);
    }
    ck_assert(!tree_has("archive/incoming.tmp"));
    expect_ok(copy(&(struct intake){0}));
    ck_assert(intake_is_approval("a.p7s"));
    ck_assert(!intake_is_approval("authorise-a.p7s"));
    ck_assert(!intake_is_approval("batch.jsonl"));
    ck_assert(!intake_is_approval(""));
    ck_assert(!intake_is_approval(".p7s"));
}
END_TEST

/* Nothing is followed, nothing is waited for. */
START_TEST(kinds_of_files)
{
    tree_write_str("secret", "not on the medium");
    for (int i = 0; i < 6; i++) {
        const char *path = tree_path(i < 3 ? "medium/x.p7s" : "medium/batch.jsonl");
        if (i == 3)
            ck_assert_int_eq(unlink(path), 0);
        if (i % 3 == 0)
            ck_assert_int_eq(symlink("../secret", path), 0);
        else if (i % 3 == 1)
            ck_assert_int_eq(mkfifo(path, 0600), 0);
        else
            ck_assert_int_eq(mkdir(path, 0700), 0);
        expect_refused(E_MEDIUM_FILE);
        ck_assert_int_eq(remove(path), 0);
    }
}
END_TEST

START_TEST(a_socket)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s", tree_path("medium/s.p7s"));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    close(fd);
    expect_refused(E_MEDIUM_FILE);
}
END_TEST

START_TEST(folders_that_are_not_there)
{
    struct intake in;
    expect_err(intake_copy(tree_path("nowhere"), archive, &limits, &in, &d), E_MEDIUM);
    tree_write_str("file", "x");
    expect_err(intake_copy(tree_path("file"), archive, &limits, &in, &d), E_MEDIUM);
    ck_assert_int_eq(unlink(tree_path("medium/batch.jsonl")), 0);
    expect_refused(E_MEDIUM); /* without a batch */
    ck_assert_int_eq(unlink(tree_path("medium/a.p7s")), 0);
    ck_assert_int_eq(unlink(tree_path("medium/b.p7s")), 0);
    expect_refused(E_MEDIUM); /* without anything */
}
END_TEST

START_TEST(how_many)
{
    struct intake in;
    char path[64];
    for (int i = 3; i < LIMIT_MEDIUM_FILES; i++) {
        snprintf(path, sizeof path, "medium/n%d.p7s", i);
        tree_write_str(path, "x");
    }
    expect_ok_diag(copy(&in), &d);
    tree_write_str("medium/one-more.p7s", "x");
    expect_refused(E_MEDIUM_LIMIT);
}
END_TEST

START_TEST(how_large)
{
    static char bytes[LIMIT_APPROVAL_BYTES + 1];
    struct intake in;
    tree_write("medium/batch.jsonl", bytes, 100);
    tree_write("medium/a.p7s", bytes, LIMIT_APPROVAL_BYTES);
    expect_ok_diag(copy(&in), &d);
    tree_write("medium/batch.jsonl", bytes, 101);
    expect_refused(E_MEDIUM_LIMIT);
    tree_write("medium/batch.jsonl", bytes, 100);
    tree_write("medium/a.p7s", bytes, LIMIT_APPROVAL_BYTES + 1);
    expect_refused(E_MEDIUM_LIMIT);
    tree_write("medium/a.p7s", bytes, 0);
    expect_ok_diag(copy(&in), &d); /* an empty one is a file; its content is judged later */
}
END_TEST

START_TEST(an_interrupted_one_is_tidied_up)
{
    struct intake in;
    tree_mkdir("archive/incoming.tmp");
    tree_write_str("archive/incoming.tmp/batch.jsonl", "half a ba");
    tree_write_str("archive/incoming.tmp/old.p7s", "an old one");
    expect_ok_diag(copy(&in), &d);
    ck_assert(!tree_has("archive/incoming.tmp"));
    ck_assert(!tree_has(archived(&in, "old.p7s")));
}
END_TEST

/* The copy is for the owner only. */
/* What needs no approvals is asked by the appliance itself only. */
START_TEST(in_the_appliances_name)
{
    static const char header[] = "{\"format\":\"rootseal-batch-1\",\"authority\":\"bjca\",\"ra\":\"%s\",\"batch\":\"lists-1\","
                                 "\"sequence\":1,\"created\":\"2026-07-01T12:00:00Z\",\"valid-until\":\"2026-07-02T12:00:00Z\","
                                 "\"count\":1}\n";
    struct policy_limits wide = limits;
    char line[400];
    struct intake in;
    wide.batch_bytes = sizeof line;
    snprintf(line, sizeof line, header, "appliance");
    tree_write_str("medium/batch.jsonl", line);
    expect_err(intake_copy(tree_path("medium"), archive, &wide, &in, &d), E_RA);
    snprintf(line, sizeof line, header, "another");
    tree_write_str("medium/batch.jsonl", line);
    expect_ok(intake_copy(tree_path("medium"), archive, &wide, &in, &d));
}
END_TEST

START_TEST(modes)
{
    struct intake in;
    struct stat st;
    chmod(tree_path("medium/batch.jsonl"), 0666);
    expect_ok_diag(copy(&in), &d);
    ck_assert_int_eq(stat(tree_path(archived(&in, "batch.jsonl")), &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0600);
    ck_assert_int_eq(stat(tree_path(archived(&in, ".")), &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0700);
}
END_TEST

Suite *suite_intake(void)
{
    Suite *s = suite_create("intake");
    TCase *t = tcase_create("intake");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_batch_is_copied);
    tcase_add_test(t, coming_again_changes_nothing);
    tcase_add_test(t, every_name_and_byte_counts);
    tcase_add_test(t, the_order_does_not_count);
    tcase_add_test(t, the_digest_is_stable);
    tcase_add_test(t, names);
    tcase_add_test(t, kinds_of_files);
    tcase_add_test(t, a_socket);
    tcase_add_test(t, folders_that_are_not_there);
    tcase_add_test(t, how_many);
    tcase_add_test(t, how_large);
    tcase_add_test(t, an_interrupted_one_is_tidied_up);
    tcase_add_test(t, modes);
    tcase_add_test(t, in_the_appliances_name);
    suite_add_tcase(s, t);
    return s;
}
