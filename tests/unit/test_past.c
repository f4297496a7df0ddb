/* What the log says of this ceremony and of those before it. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "expect.h"
#include "help_log.h"
#include "room/past.h"

Suite *suite_past(void);

static struct past past;
static struct log *l;

#define HEX_64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void ceremony(const char *name)
{
    expect_ok_diag(log_append(l, RECORD_CEREMONY, json_pack("{s:s,s:s,s:i,s:i}", "ceremony", name, "file", HEX_64, "steps", 3, "done", 0), &help_log_diag),
                   &help_log_diag);
}

static void confirmed_time(const char *name)
{
    expect_ok_diag(log_append(l, RECORD_TIME, json_pack("{s:s,s:i}", "ceremony", name, "persons", 2), &help_log_diag), &help_log_diag);
}

static void over(const char *name, int step)
{
    expect_ok_diag(log_append(l, RECORD_STEP, json_pack("{s:s,s:i,s:s}", "ceremony", name, "step", step, "transcript", HEX_64),
                              &help_log_diag), &help_log_diag);
}

static void minutes(const char *name)
{
    expect_ok_diag(log_append(l, RECORD_MINUTES, json_pack("{s:s,s:s,s:s,s:s}", "ceremony", name, "minutes", HEX_64, "text", HEX_64,
                                                           "transcript", HEX_64), &help_log_diag),
                   &help_log_diag);
}

static void read_it(const char *name)
{
    expect_ok_diag(log_sync(l, &help_log_diag), &help_log_diag);
    expect_ok_diag(past_read(help_log_dir, name, &past, &help_log_diag), &help_log_diag);
}

START_TEST(no_log)
{
    expect_ok_diag(past_read(help_log_dir, "one", &past, &help_log_diag), &help_log_diag);
    ck_assert(!past.state && !past.minutes && !past.begun);
}
END_TEST

START_TEST(own_and_others)
{
    uint8_t digest[DIGEST_LEN];
    help_log_make(DIGEST_SM3, &l);
    read_it("two");
    ck_assert(past.state && !past.begun && !past.minutes);
    ceremony("one");
    confirmed_time("one");
    over("one", 1);
    over("one", 2);
    minutes("one");
    read_it("one");
    ck_assert(past.begun && !past.minutes);
    ck_assert_int_eq(past.done, 2);
    ck_assert(hex_decode(HEX_64, digest, DIGEST_LEN));
    ck_assert_mem_eq(past.file, digest, DIGEST_LEN);
    read_it("two");
    ck_assert(!past.begun && past.minutes);
    ck_assert_str_eq(past.ceremony, "one");
    ck_assert(hex_decode(HEX_64, digest, DIGEST_LEN));
    ck_assert_mem_eq(past.minutes_digest, digest, DIGEST_LEN);
    ck_assert_uint_eq(past.size, log_position(l)->size);
    ck_assert_mem_eq(past.head, log_position(l)->head, DIGEST_LEN);
    log_close(l);
}
END_TEST

/* Whoever can write to the log may leave out what comes before. */
START_TEST(not_begun)
{
    help_log_make(DIGEST_SM3, &l);
    confirmed_time("two");
    expect_ok_diag(log_sync(l, &help_log_diag), &help_log_diag);
    expect_err(past_read(help_log_dir, "two", &past, &help_log_diag), E_LOG_ORDER);
    ck_assert(!past.state);
    log_close(l);
}
END_TEST

/* A broken log tells nothing of the past. */
START_TEST(broken)
{
    struct buf content = {0};
    help_log_make(DIGEST_SM3, &l);
    ceremony("one");
    read_it("one");
    log_close(l);
    help_log_get(&content);
    content.data[content.len / 2] ^= 1;
    help_log_put(content.data, content.len);
    ck_assert_int_ne(past_read(help_log_dir, "one", &past, &help_log_diag), E_OK);
    ck_assert(!past.state);
    buf_free(&content);
}
END_TEST

/* A log that cannot be looked at, or read, is not none. */
START_TEST(not_readable)
{
    expect_err(past_read(-1, "one", &past, &help_log_diag), E_IO);
    ck_assert_int_eq(mkdirat(help_log_dir, LOG_FILE, 0700), 0);
    ck_assert_int_ne(past_read(help_log_dir, "one", &past, &help_log_diag), E_OK);
    ck_assert(!past.state);
    ck_assert_int_eq(unlinkat(help_log_dir, LOG_FILE, AT_REMOVEDIR), 0);
}
END_TEST

START_TEST(follows)
{
    struct script s = {.name = "two", .follows_any = true};
    const struct past first = {.minutes = false};
    struct past other = {.minutes = true, .ceremony = "one", .minutes_digest = {1}};
    expect_err(past_check_follows(&first, &s, false, &help_log_diag), E_SCRIPT_FOLLOWS);
    ck_assert_str_eq(help_log_diag.text, "two: the log has no minutes of another ceremony");
    help_log_diag = (struct diag){0};
    expect_err(past_check_follows(&other, &s, false, &help_log_diag), E_SCRIPT_FOLLOWS);
    ck_assert_str_eq(help_log_diag.text, "the last minutes in the log, of one, have another digest");
    expect_ok(past_check_follows(&other, &s, true, &help_log_diag));
    other.minutes_digest[0] = 0;
    expect_ok(past_check_follows(&other, &s, false, &help_log_diag));
    s.follows_any = false;
    expect_ok(past_check_follows(&first, &s, false, &help_log_diag));
    help_log_diag = (struct diag){0};
    expect_err(past_check_follows(&other, &s, true, &help_log_diag), E_SCRIPT_FOLLOWS);
    ck_assert_str_eq(help_log_diag.text, "the log has minutes of one, the file says it follows none");
}
END_TEST

/* Where the log stood; of a broken log only as far as it is whole. */
START_TEST(positions)
{
    struct log_position at;
    struct buf content = {0};
    bool found = true;
    help_log_make(DIGEST_SHA256, &l);
    ceremony("one");
    over("one", 1);
    read_it("one");
    const struct log_position end = *log_position(l);
    log_close(l);
    expect_ok_diag(past_position(help_log_dir, end.size, &at, &found, &help_log_diag), &help_log_diag);
    ck_assert(found);
    ck_assert_mem_eq(at.head, end.head, DIGEST_LEN);
    expect_ok_diag(past_position(help_log_dir, end.size + 1, &at, &found, &help_log_diag), &help_log_diag);
    ck_assert(!found);
    ck_assert_uint_eq(at.size, 0);
    help_log_get(&content);
    content.data[content.len - 2] ^= 1;
    help_log_put(content.data, content.len);
    expect_ok_diag(past_position(help_log_dir, end.size - 1, &at, &found, &help_log_diag), &help_log_diag);
    ck_assert(found);
    ck_assert_int_ne(past_position(help_log_dir, end.size, &at, &found, &help_log_diag), E_OK);
    ck_assert(!found);
    buf_free(&content);
}
END_TEST

Suite *suite_past(void)
{
    Suite *s = suite_create("past");
    TCase *t = tcase_create("past");
    tcase_add_checked_fixture(t, help_log_set_up, help_log_tear_down);
    tcase_add_test(t, no_log);
    tcase_add_test(t, own_and_others);
    tcase_add_test(t, not_begun);
    tcase_add_test(t, broken);
    tcase_add_test(t, not_readable);
    tcase_add_test(t, follows);
    tcase_add_test(t, positions);
    suite_add_tcase(s, t);
    return s;
}
