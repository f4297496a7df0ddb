#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "expect.h"
#include "help_pki.h"
#include "room/record_files.h"
#include "room/tee.h"

Suite *suite_transcript(void);

static struct diag d;
static int dir;

static void setup(void)
{
    d = (struct diag){0};
    expect_ok_diag(file_open_dir(help_dir(), &dir, &d), &d);
}

static void teardown(void)
{
    close(dir);
    help_clean();
}

static void write_raw(const char *text)
{
    expect_ok_diag(file_write(dir, TRANSCRIPT_FILE, text, strlen(text), &d), &d);
}

START_TEST(events_are_found_again)
{
    struct transcript *t;
    enum event kind;
    expect_ok_diag(transcript_open(dir, &t, &d), &d);
    ck_assert_uint_eq(transcript_count(t), 0);
    expect_ok_diag(transcript_add(t, EVENT_STEP, json_pack("{s:i,s:s}", "n", 1, "do", "time"), &d), &d);
    expect_ok_diag(transcript_add(t, EVENT_DONE, json_pack("{s:i}", "n", 1), &d), &d);
    expect_ok_diag(transcript_add(t, EVENT_STEP, json_pack("{s:i,s:s}", "n", 2, "do", "init"), &d), &d);
    expect_ok_diag(transcript_add(t, EVENT_CONFIRM, json_pack("{s:i,s:s}", "n", 2, "person", "p"), &d), &d);
    transcript_close(t);
    expect_ok_diag(transcript_open(dir, &t, &d), &d);
    ck_assert_uint_eq(transcript_count(t), 4);
    ck_assert_str_eq(json_string_value(json_object_get(transcript_event(t, 2, &kind), "do")), "init");
    ck_assert_int_eq((int)kind, EVENT_STEP);
    ck_assert(transcript_is_begun(t, 2) && !transcript_is_begun(t, 3));
    transcript_close(t);
}
END_TEST

/* What is about a part of a step does not end it, and counts as long as the program runs. */
START_TEST(parts_of_steps)
{
    struct transcript *t;
    const json_t *event;
    enum event how;
    expect_ok_diag(transcript_open(dir, &t, &d), &d);
    expect_ok_diag(transcript_add(t, EVENT_OPEN, json_object(), &d), &d);
    expect_ok_diag(transcript_add(t, EVENT_EXCEPTION, json_pack("{s:i,s:s}", "n", 2, "about", "officer-1"), &d), &d);
    expect_ok_diag(transcript_over(t, 2, &event, &how, NULL, &d), &d);
    ck_assert_ptr_null(event);
    ck_assert(transcript_is_excepted(t, 2, "officer-1"));
    ck_assert(!transcript_is_excepted(t, 2, "officer-2") && !transcript_is_excepted(t, 1, "officer-1"));
    expect_ok_diag(transcript_add(t, EVENT_OPEN, json_object(), &d), &d);
    ck_assert(!transcript_is_excepted(t, 2, "officer-1"));
    ck_assert(!transcript_is_signed(t, 2, "officer-1"));
    expect_ok_diag(transcript_add(t, EVENT_SIGNED, json_pack("{s:i,s:s}", "n", 2, "person", "officer-1"), &d), &d);
    ck_assert(transcript_is_signed(t, 2, "officer-1"));
    ck_assert(!transcript_is_signed(t, 2, "officer-2") && !transcript_is_signed(t, 1, "officer-1"));
    expect_ok_diag(transcript_add(t, EVENT_EXCEPTION, json_pack("{s:i,s:s}", "n", 2, "about", "officer-1"), &d), &d);
    ck_assert(!transcript_is_signed(t, 2, "officer-1"));
    transcript_close(t);
}
END_TEST

/* The last end of a step, unless it was undone, with the digest of the file up to there; and the file is known by it later. */
START_TEST(ends_of_steps)
{
    struct transcript *t;
    const json_t *event;
    enum event how;
    uint8_t then[DIGEST_LEN], now[DIGEST_LEN];
    bool held = false;
    expect_ok_diag(transcript_open(dir, &t, &d), &d);
    expect_ok_diag(transcript_add(t, EVENT_STEP, json_pack("{s:i,s:s}", "n", 1, "do", "time"), &d), &d);
    expect_ok_diag(transcript_over(t, 1, &event, &how, then, &d), &d);
    ck_assert_ptr_null(event);
    expect_ok_diag(transcript_add(t, EVENT_DONE, json_pack("{s:i}", "n", 1), &d), &d);
    expect_ok_diag(transcript_digest(t, now, &d), &d);
    expect_ok_diag(transcript_over(t, 1, &event, &how, then, &d), &d);
    ck_assert(event != NULL && how == EVENT_DONE && memcmp(then, now, DIGEST_LEN) == 0);
    expect_ok_diag(transcript_add(t, EVENT_UNDONE, json_pack("{s:i}", "n", 1), &d), &d);
    expect_ok_diag(transcript_over(t, 1, &event, &how, NULL, &d), &d);
    ck_assert_ptr_null(event);
    expect_ok_diag(transcript_add(t, EVENT_EXCEPTION, json_pack("{s:i}", "n", 1), &d), &d);
    expect_ok_diag(transcript_add(t, EVENT_DONE, json_pack("{s:i}", "n", 2), &d), &d);
    transcript_close(t);
    expect_ok_diag(transcript_open(dir, &t, &d), &d);
    expect_ok_diag(transcript_over(t, 1, &event, &how, NULL, &d), &d);
    ck_assert(event != NULL && how == EVENT_EXCEPTION);
    expect_ok_diag(transcript_held(t, then, &held, &d), &d);
    ck_assert(held);
    then[0] ^= 1;
    expect_ok_diag(transcript_held(t, then, &held, &d), &d);
    ck_assert(!held);
    transcript_close(t);
}
END_TEST

START_TEST(an_unfinished_line_is_cut_off)
{
    struct transcript *t;
    struct buf have = {0};
    static const char line[] = "{\"at\":\"2026-01-31T08:00:00Z\",\"event\":\"done\"}\n";
    write_raw("{\"at\":\"2026-01-31T08:00:00Z\",\"event\":\"done\"}\n{\"at\":\"2026-01");
    expect_ok_diag(transcript_open(dir, &t, &d), &d);
    ck_assert_uint_eq(transcript_count(t), 1);
    transcript_close(t);
    expect_ok_diag(file_read(dir, TRANSCRIPT_FILE, 1000, &have, NULL, &d), &d);
    ck_assert_uint_eq(have.len, strlen(line));
    buf_free(&have);
}
END_TEST

static const char *const broken[] = {
    "{\"at\":\"2026-01-31T08:00:00Z\", \"event\":\"done\"}\n",
    "{\"at\":\"2026-01-31\",\"event\":\"done\"}\n",
    "{\"event\":\"done\"}\n",
    "{\"at\":\"2026-01-31T08:00:00Z\"}\n",
    "{\"at\":\"2026-01-31T08:00:00Z\",\"event\":\"party\"}\n",
    "{\"at\":\"2026-01-31T08:00:00Z\",\"event\":\"done\"}\n{\"at\":\"2026-01-31T07:59:59Z\",\"event\":\"done\"}\n",
    "\n",
};

START_TEST(what_is_no_event_of_ours_is_refused)
{
    struct transcript *t;
    write_raw(broken[_i]);
    expect_err(transcript_open(dir, &t, &d), E_TRANSCRIPT);
    ck_assert_ptr_null(t);
}
END_TEST

START_TEST(the_clock_does_not_go_back)
{
    struct transcript *t;
    write_raw("{\"at\":\"2999-01-31T08:00:00Z\",\"event\":\"done\"}\n");
    expect_ok_diag(transcript_open(dir, &t, &d), &d);
    expect_err(transcript_add(t, EVENT_DONE, json_object(), &d), E_CLOCK_BEHIND);
    ck_assert_uint_eq(transcript_count(t), 1);
    expect_err(transcript_add(t, EVENT_DONE, NULL, &d), E_NO_MEMORY);
    transcript_close(t);
}
END_TEST

/* In a process of its own (Check forks), so that stdout is nobody else's. */
START_TEST(what_stands_on_the_screen_is_kept_by_lines)
{
    struct transcript *t;
    enum event kind;
    static const char *const want[] = {"one", "two", "Question: ", "answered"};
    int null = open("/dev/null", O_WRONLY);
    ck_assert_int_ge(dup2(null, STDOUT_FILENO), 0);
    expect_ok_diag(transcript_open(dir, &t, &d), &d);
    expect_ok_diag(tee_begin(t, &d), &d);
    printf("of no step\n");
    tee_step(3);
    printf("one\ntw");
    printf("o\n\nQuestion: ");
    tee_break();
    printf("answered\n");
    expect_ok_diag(tee_check(&d), &d);
    tee_end();
    printf("after\n");
    ck_assert_uint_eq(transcript_count(t), 4);
    for (size_t i = 0; i < 4; i++) {
        const json_t *event = transcript_event(t, i, &kind);
        ck_assert_str_eq(json_string_value(json_object_get(event, "text")), want[i]);
        ck_assert_int_eq((int)json_integer_value(json_object_get(event, "n")), 3);
    }
    transcript_close(t);
    close(null);
}
END_TEST

Suite *suite_transcript(void)
{
    Suite *s = suite_create("transcript");
    TCase *t = tcase_create("transcript");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, events_are_found_again);
    tcase_add_test(t, ends_of_steps);
    tcase_add_test(t, parts_of_steps);
    tcase_add_test(t, an_unfinished_line_is_cut_off);
    tcase_add_loop_test(t, what_is_no_event_of_ours_is_refused, 0, (int)(sizeof broken / sizeof *broken));
    tcase_add_test(t, the_clock_does_not_go_back);
    tcase_add_test(t, what_stands_on_the_screen_is_kept_by_lines);
    suite_add_tcase(s, t);
    return s;
}
