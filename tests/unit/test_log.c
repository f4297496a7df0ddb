#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/limits.h"
#include "expect.h"
#include "help_log.h"
#include "log/index.h"
#include "log/position.h"
#include "sample_records.h"
#include "suites.h"

/* -- making, appending, reopening -- */

START_TEST(what_is_appended_reads_back)
{
    enum digest_alg hash = _i == 0 ? DIGEST_SM3 : DIGEST_SHA256;
    struct log_position end;
    size_t torn;
    int64_t before = clock_now();
    struct log_position at = help_log_sample(hash);
    ck_assert_int_eq(at.hash, hash);
    ck_assert(at.time >= before);
    expect_ok_diag(help_log_read_all(&end, &torn), &help_log_diag);
    ck_assert_uint_eq(torn, 0);
    help_log_same(&at, &end);

    struct log *l;
    expect_ok_diag(log_open(help_log_dir, &end, &l, &help_log_diag), &help_log_diag);
    expect_ok_diag(log_append(l, RECORD_SELF_TEST, sample_fields(RECORD_SELF_TEST, NULL), &help_log_diag), &help_log_diag);
    ck_assert_uint_eq(log_position(l)->size, HELP_LOG_LINES + 1);
    expect_ok_diag(log_sync(l, &help_log_diag), &help_log_diag);
    expect_ok_diag(log_sync(l, &help_log_diag), &help_log_diag);
    struct log_position second = *log_position(l);
    log_close(l);
    expect_ok_diag(help_log_read_all(&end, &torn), &help_log_diag);
    help_log_same(&second, &end);
    /* Going on from a position gives the same as reading everything. */
    expect_ok_diag(help_log_read_from(&at, &end, &torn), &help_log_diag);
    help_log_same(&second, &end);
}
END_TEST

START_TEST(names_and_digests_are_those_of_the_lines)
{
    struct log_position at = help_log_sample(DIGEST_SM3);
    struct buf content = {0};
    uint8_t want[DIGEST_LEN];
    help_log_get(&content);
    ck_assert_uint_eq(at.bytes, content.len);
    struct span first = help_log_line(&content, 0);
    expect_ok(digest_bytes(DIGEST_SM3, first.p, first.n - 1, want));
    ck_assert_mem_eq(at.id, want, DIGEST_LEN);
    struct span last = help_log_line(&content, HELP_LOG_LINES - 1);
    expect_ok(digest_bytes(DIGEST_SM3, last.p, last.n - 1, want));
    ck_assert_mem_eq(at.head, want, DIGEST_LEN);
    struct merkle m = {0};
    for (size_t i = 0; i < HELP_LOG_LINES; i++) {
        struct span line = help_log_line(&content, i);
        expect_ok(merkle_append(&m, (struct span){line.p, line.n - 1}));
    }
    uint8_t root[DIGEST_LEN];
    expect_ok(merkle_root(&m, want));
    expect_ok(merkle_root(&at.merkle, root));
    ck_assert_mem_eq(root, want, DIGEST_LEN);
    buf_free(&content);
}
END_TEST

START_TEST(nothing_is_written_before_sync)
{
    struct log *l;
    struct log_position end;
    size_t torn;
    help_log_make(DIGEST_SHA256, &l);
    expect_ok(log_append(l, RECORD_SELF_TEST, sample_fields(RECORD_SELF_TEST, NULL), &help_log_diag));
    expect_ok(help_log_read_all(&end, &torn));
    ck_assert_uint_eq(end.size, 1);
    log_close(l);
    expect_ok(help_log_read_all(&end, &torn));
    ck_assert_uint_eq(end.size, 1);
}
END_TEST

START_TEST(a_log_is_made_once)
{
    struct log *l;
    help_log_make(DIGEST_SM3, &l);
    log_close(l);
    expect_err(log_create(help_log_dir, DIGEST_SM3, sample_fields(RECORD_GENESIS, "sm3"), &l, &help_log_diag),
               E_STATE_EXISTS);
    ck_assert_ptr_null(l);
    unlinkat(help_log_dir, LOG_FILE, 0);
    expect_err(log_create(help_log_dir, DIGEST_SM3, sample_fields(RECORD_GENESIS, "sha256"), &l, &help_log_diag),
               E_LOG_FORMAT);
    expect_err(log_create(help_log_dir, DIGEST_SM3, sample_fields(RECORD_SEAL, NULL), &l, &help_log_diag), E_LOG_FORMAT);
    expect_err(log_create(help_log_dir, DIGEST_SM3, NULL, &l, &help_log_diag), E_NO_MEMORY);
    expect_err(log_create(-1, DIGEST_SM3, sample_fields(RECORD_GENESIS, "sm3"), &l, &help_log_diag), E_IO);
    ck_assert_int_ne(faccessat(help_log_dir, LOG_FILE, F_OK, 0), 0);
}
END_TEST

START_TEST(a_refused_line_changes_nothing)
{
    struct log *l;
    struct log_position end;
    size_t torn;
    help_log_make(DIGEST_SM3, &l);
    struct log_position before = *log_position(l);
    expect_err(log_append(l, RECORD_SELF_TEST, sample_fields(RECORD_SEAL, NULL), &help_log_diag), E_LOG_FORMAT);
    expect_err(log_append(l, RECORD_GENESIS, sample_fields(RECORD_GENESIS, "sm3"), &help_log_diag),
               E_LOG_FORMAT);
    expect_err(log_append(l, RECORD_SELF_TEST, NULL, &help_log_diag), E_NO_MEMORY);
    help_log_same(&before, log_position(l));
    expect_ok(log_append(l, RECORD_SELF_TEST, sample_fields(RECORD_SELF_TEST, NULL), &help_log_diag));
    expect_ok(log_sync(l, &help_log_diag));
    expect_ok_diag(help_log_read_all(&end, &torn), &help_log_diag);
    help_log_same(&end, log_position(l));
    log_close(l);
}
END_TEST

/* -- torn tails -- */

START_TEST(a_torn_tail_is_cut_and_explained)
{
    static const char garbage[3][5000] = {"{\"seq\":20,\"ti", "\xff", {0}};
    static const size_t lengths[3] = {13, 1, 5000};
    struct log_position at = help_log_sample(DIGEST_SM3);
    struct log_position end;
    size_t torn;
    struct buf content = {0};
    uint8_t digest[DIGEST_LEN];
    char want[200];
    char hex[DIGEST_HEX];
    help_log_get(&content);
    buf_append(&content, garbage[_i], lengths[_i]);
    help_log_put(content.data, content.len);
    expect_ok(help_log_read_all(&end, &torn));
    ck_assert_uint_eq(torn, lengths[_i]);
    help_log_same(&at, &end);

    struct log *l;
    expect_ok_diag(log_open(help_log_dir, &end, &l, &help_log_diag), &help_log_diag);
    struct log_position now = *log_position(l);
    expect_ok(log_append(l, RECORD_SELF_TEST, sample_fields(RECORD_SELF_TEST, NULL), &help_log_diag));
    expect_ok(log_sync(l, &help_log_diag));
    log_close(l);
    ck_assert_uint_eq(now.size, HELP_LOG_LINES + 1);
    help_log_get(&content);
    struct span line = help_log_line(&content, HELP_LOG_LINES);
    expect_ok(digest_bytes(DIGEST_SHA256, garbage[_i], lengths[_i], digest));
    hex_encode(digest, DIGEST_LEN, hex);
    snprintf(want, sizeof want, "\"torn\":%zu,\"digest\":\"%s\"}\n", lengths[_i], hex);
    ck_assert_uint_gt(line.n, strlen(want));
    ck_assert_mem_eq(line.p + line.n - strlen(want), want, strlen(want));
    expect_ok_diag(help_log_read_all(&end, &torn), &help_log_diag);
    ck_assert_uint_eq(end.size, HELP_LOG_LINES + 2);
    ck_assert_uint_eq(torn, 0);
    buf_free(&content);
}
END_TEST

START_TEST(every_cut_is_seen)
{
    struct log_position at = help_log_sample(DIGEST_SHA256);
    struct buf content = {0};
    help_log_get(&content);
    for (size_t n = content.len; n-- > 0;) {
        struct log_position end;
        size_t torn;
        int fd = openat(help_log_dir, LOG_FILE, O_WRONLY);
        ck_assert_int_eq(ftruncate(fd, (off_t)n), 0);
        close(fd);
        expect_ok(help_log_read_all(&end, &torn));
        ck_assert_uint_lt(end.size, at.size);
        ck_assert_uint_eq(end.bytes + torn, n);
        ck_assert(torn > 0 || n == 0 || content.data[n - 1] == '\n');
    }
    buf_free(&content);
}
END_TEST

START_TEST(an_empty_log_cannot_be_opened)
{
    struct log *l;
    struct log_position end;
    size_t torn;
    help_log_put("{\"seq\"", 6);
    expect_ok(help_log_read_all(&end, &torn));
    ck_assert_uint_eq(end.size, 0);
    ck_assert_uint_eq(torn, 6);
    expect_err(log_open(help_log_dir, &end, &l, &help_log_diag), E_LOG_CHAIN);
    ck_assert_ptr_null(l);
}
END_TEST

START_TEST(a_wrong_end_is_refused)
{
    struct log_position at = help_log_sample(DIGEST_SM3);
    struct log *l;
    struct log_position wrong = at;
    wrong.head[0] ^= 1;
    expect_err(log_open(help_log_dir, &wrong, &l, &help_log_diag), E_LOG_CHAIN);
    wrong = at;
    wrong.bytes--;
    expect_err(log_open(help_log_dir, &wrong, &l, &help_log_diag), E_LOG_CHAIN);
    wrong = at;
    wrong.bytes++;
    expect_err(log_open(help_log_dir, &wrong, &l, &help_log_diag), E_LOG_CHAIN);

    /* Right, but not the end: a whole line follows. */
    struct buf content = {0};
    help_log_get(&content);
    struct span more = help_log_line(&content, 3);
    struct buf longer = {0};
    buf_append(&longer, content.data, content.len);
    buf_append(&longer, more.p, more.n);
    help_log_put(longer.data, longer.len);
    expect_err(log_open(help_log_dir, &at, &l, &help_log_diag), E_LOG_CHAIN);
    struct buf after = {0};
    help_log_get(&after);
    ck_assert_uint_eq(after.len, longer.len); /* and nothing was cut */
    buf_free(&content);
    buf_free(&longer);
    buf_free(&after);
}
END_TEST
/* -- what may go wrong around it -- */

START_TEST(a_missing_or_strange_file_is_refused)
{
    struct log_reader *r;
    struct log *l;
    struct log_position at = {.size = 1, .bytes = 5};
    bool holds;
    expect_err(log_reader_open(help_log_dir, LOG_FILE, NULL, &r, &help_log_diag), E_IO);
    ck_assert_ptr_null(r);
    expect_err(log_position_holds(help_log_dir, &at, &holds, &help_log_diag), E_IO);
    expect_err(log_open(help_log_dir, &at, &l, &help_log_diag), E_IO);
    ck_assert_int_eq(mkfifoat(help_log_dir, LOG_FILE, 0600), 0);
    expect_err(log_reader_open(help_log_dir, LOG_FILE, NULL, &r, &help_log_diag), E_IO);
    unlinkat(help_log_dir, LOG_FILE, 0);
    ck_assert_int_eq(symlinkat("/etc/passwd", help_log_dir, LOG_FILE), 0);
    expect_err(log_reader_open(help_log_dir, LOG_FILE, NULL, &r, &help_log_diag), E_IO);
    expect_err(log_create(help_log_dir, DIGEST_SM3, sample_fields(RECORD_GENESIS, "sm3"), &l, &help_log_diag),
               E_STATE_EXISTS);
}
END_TEST

START_TEST(a_clock_behind_stops_writing)
{
    struct log *l;
    struct log_position at = help_log_genesis(clock_now() + 3600);
    expect_ok_diag(log_open(help_log_dir, &at, &l, &help_log_diag), &help_log_diag);
    expect_err(log_append(l, RECORD_SELF_TEST, sample_fields(RECORD_SELF_TEST, NULL), &help_log_diag),
               E_CLOCK_BEHIND);
    help_log_same(&at, log_position(l));
    log_close(l);

    /* Nor is a torn tail touched, as nothing could explain it. */
    struct buf content = {0};
    help_log_get(&content);
    buf_append_str(&content, "torn");
    help_log_put(content.data, content.len);
    expect_err(log_open(help_log_dir, &at, &l, &help_log_diag), E_CLOCK_BEHIND);
    struct buf after = {0};
    help_log_get(&after);
    ck_assert_uint_eq(after.len, content.len);
    buf_free(&content);
    buf_free(&after);
}
END_TEST

static void limit_file_size(rlim_t n)
{
    struct rlimit limit = {.rlim_cur = n, .rlim_max = RLIM_INFINITY};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_failed_write_poisons_the_log)
{
    struct log *l;
    struct log_position end;
    size_t torn;
    signal(SIGXFSZ, SIG_IGN);
    help_log_make(DIGEST_SM3, &l);
    expect_ok(log_append(l, RECORD_ISSUED, sample_fields(RECORD_ISSUED, NULL), &help_log_diag));
    expect_ok(log_sync(l, &help_log_diag));
    struct log_position synced = *log_position(l);
    expect_ok(log_append(l, RECORD_ISSUED, sample_fields(RECORD_ISSUED, NULL), &help_log_diag));
    limit_file_size((rlim_t)synced.bytes + 100);
    expect_err(log_sync(l, &help_log_diag), E_IO);
    limit_file_size(RLIM_INFINITY);
    expect_err(log_sync(l, &help_log_diag), E_IO);
    expect_err(log_append(l, RECORD_ISSUED, sample_fields(RECORD_ISSUED, NULL), &help_log_diag), E_IO);
    log_close(l);

    /* Half a line is there; opening the log again cuts and explains it. */
    expect_ok_diag(help_log_read_all(&end, &torn), &help_log_diag);
    help_log_same(&synced, &end);
    ck_assert_uint_eq(torn, 100);
    expect_ok_diag(log_open(help_log_dir, &end, &l, &help_log_diag), &help_log_diag);
    ck_assert_uint_eq(log_position(l)->size, synced.size + 1);
    log_close(l);
    expect_ok_diag(help_log_read_all(&end, &torn), &help_log_diag);
    ck_assert_uint_eq(torn, 0);
}
END_TEST

START_TEST(a_recovery_that_fails_leaves_a_readable_log)
{
    struct log_position at = help_log_sample(DIGEST_SM3);
    struct log_position end;
    struct log *l;
    size_t torn;
    signal(SIGXFSZ, SIG_IGN);
    struct buf content = {0};
    help_log_get(&content);
    buf_append_str(&content, "{\"seq\":20");
    help_log_put(content.data, content.len);
    limit_file_size((rlim_t)at.bytes + 50);
    expect_err(log_open(help_log_dir, &at, &l, &help_log_diag), E_IO);
    ck_assert_ptr_null(l);
    limit_file_size(RLIM_INFINITY);
    expect_ok_diag(help_log_read_all(&end, &torn), &help_log_diag);
    help_log_same(&at, &end);
    ck_assert_uint_eq(torn, 50);
    expect_ok_diag(log_open(help_log_dir, &at, &l, &help_log_diag), &help_log_diag);
    log_close(l);
    expect_ok_diag(help_log_read_all(&end, &torn), &help_log_diag);
    ck_assert_uint_eq(end.size, HELP_LOG_LINES + 1);
    ck_assert_uint_eq(torn, 0);
    buf_free(&content);
}
END_TEST

/* -- what the README shows -- */

/* prev of each line must be what openssl dgst says of the line before. Exit status 0 when the chain
 * holds. */
static const char recipe[] =
    "want=0000000000000000000000000000000000000000000000000000000000000000\n"
    "while IFS= read -r line; do\n"
    "  prev=$(printf %s \"$line\" | awk -F'\"prev\":\"' '{print substr($2, 1, 64)}')\n"
    "  [ \"$prev\" = \"$want\" ] || exit 1\n"
    "  want=$(printf %s \"$line\" | openssl dgst -\"$HASH\" | awk '{print $NF}')\n"
    "done < \"$LOG\"\n";

START_TEST(the_shell_recipe_agrees)
{
    enum digest_alg hash = _i == 0 ? DIGEST_SM3 : DIGEST_SHA256;
    char path[sizeof help_log_folder + sizeof LOG_FILE + 1];
    help_log_sample(hash);
    snprintf(path, sizeof path, "%s/%s", help_log_folder, LOG_FILE);
    ck_assert_int_eq(setenv("HASH", digest_name(hash), 1), 0);
    ck_assert_int_eq(setenv("LOG", path, 1), 0);
    ck_assert_int_eq(system(recipe), 0);

    struct buf content = {0};
    help_log_get(&content);
    struct span line = help_log_line(&content, 7);
    content.data[line.p - content.data + 40] ^= 1;
    help_log_put(content.data, content.len);
    ck_assert_int_ne(system(recipe), 0);
    buf_free(&content);
}
END_TEST
static enum err count(void *arg, const struct record *r, struct diag *d)
{
    size_t *n = arg;
    ck_assert_uint_eq(r->seq, ++*n);
    return *n < 5 ? E_OK : diag_set(d, E_LOG_ORDER, "five");
}

/* Each line to the end, to what is broken, or to where nobody wants more. */
START_TEST(each_line)
{
    struct buf content = {0};
    size_t n = 0;
    help_log_sample(DIGEST_SM3);
    expect_err(log_each(help_log_dir, NULL, count, &n, &help_log_diag), E_LOG_ORDER);
    ck_assert_uint_eq(n, 5);
    help_log_get(&content);
    const struct span third = help_log_line(&content, 2);
    ((uint8_t *)content.data)[third.p - content.data + 10] ^= 1;
    help_log_put(content.data, content.len);
    n = 0;
    ck_assert_int_ne(log_each(help_log_dir, NULL, count, &n, &help_log_diag), E_OK);
    ck_assert_uint_eq(n, 2);
    buf_free(&content);
}
END_TEST

/* What is made after a log tells that there was one. */
START_TEST(a_log_that_is_gone)
{
    expect_err(log_missing(help_log_dir, help_log_folder, &help_log_diag), E_STATE_MISSING);
    ck_assert_int_eq(mkdirat(help_log_dir, "archive", 0700), 0);
    expect_err(log_missing(help_log_dir, help_log_folder, &help_log_diag), E_LOG_MISSING);
    ck_assert_int_eq(unlinkat(help_log_dir, "archive", AT_REMOVEDIR), 0);
    ck_assert_int_eq(symlinkat("nothing", help_log_dir, INDEX_FILE), 0); /* whatever it is */
    expect_err(log_missing(help_log_dir, help_log_folder, &help_log_diag), E_LOG_MISSING);
    ck_assert_int_eq(unlinkat(help_log_dir, INDEX_FILE, 0), 0);
}
END_TEST

Suite *suite_log(void)
{
    Suite *s = suite_create("log");
    TCase *t = tcase_create("log");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, help_log_set_up, help_log_tear_down);
    tcase_add_loop_test(t, what_is_appended_reads_back, 0, 2);
    tcase_add_test(t, names_and_digests_are_those_of_the_lines);
    tcase_add_test(t, nothing_is_written_before_sync);
    tcase_add_test(t, a_log_is_made_once);
    tcase_add_test(t, a_refused_line_changes_nothing);
    tcase_add_loop_test(t, a_torn_tail_is_cut_and_explained, 0, 3);
    tcase_add_test(t, every_cut_is_seen);
    tcase_add_test(t, an_empty_log_cannot_be_opened);
    tcase_add_test(t, a_wrong_end_is_refused);
    tcase_add_test(t, a_missing_or_strange_file_is_refused);
    tcase_add_test(t, a_log_that_is_gone);
    tcase_add_test(t, a_clock_behind_stops_writing);
    tcase_add_test(t, a_failed_write_poisons_the_log);
    tcase_add_test(t, a_recovery_that_fails_leaves_a_readable_log);
    tcase_add_loop_test(t, the_shell_recipe_agrees, 0, 2);
    tcase_add_test(t, each_line);
    suite_add_tcase(s, t);
    return s;
}
