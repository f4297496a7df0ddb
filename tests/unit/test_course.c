#include <check.h>
#include <string.h>

#include "batch/untold.h"
#include "expect.h"
#include "help_batch.h"
#include "log/course.h"

Suite *suite_course(void);

#define FILE_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define FILE_B "f0e1d2c3b4a5968778695a4b3c2d1e0ff0e1d2c3b4a5968778695a4b3c2d1e0f"

static struct diag d;
static struct courses all;

static void set_up(void)
{
    d = (struct diag){0};
    all = (struct courses){0};
}

static void tear_down(void)
{
    courses_free(&all);
}

static json_t *ceremony(const char *name, const char *file, int steps, int done)
{
    return json_pack("{s:s,s:s,s:i,s:i}", "ceremony", name, "file", file, "steps", steps, "done", done);
}

static json_t *step(const char *name, int n, const char *transcript)
{
    return json_pack("{s:s,s:i,s:s}", "ceremony", name, "step", n, "transcript", transcript);
}

static enum err take_unread(enum record_type type, json_t *fields)
{
    struct record r = {.seq = 7, .type = type, .obj = fields};
    d = (struct diag){0};
    enum err e = courses_take(&all, &r, &d);
    json_decref(fields);
    return e;
}

static enum err take(enum record_type type, json_t *fields)
{
    enum err e = take_unread(type, fields);
    ck_assert_int_eq(d.code, e);
    return e;
}

/* Fields that no line of a log has, which were not checked by record_parse(). */
START_TEST(no_digest)
{
    expect_err(take_unread(RECORD_CEREMONY, ceremony("one", "zz", 3, 0)), E_LOG_FORMAT);
    expect_ok(take(RECORD_CEREMONY, ceremony("one", FILE_A, 3, 0)));
    expect_err(take_unread(RECORD_CEREMONY, ceremony("one", "zz", 3, 0)), E_LOG_FORMAT);
    expect_err(take_unread(RECORD_STEP, step("one", 1, "zz")), E_LOG_FORMAT);
}
END_TEST

START_TEST(steps_end_in_their_order)
{
    json_t *exception = json_pack("{s:s,s:i,s:s}", "ceremony", "one", "step", 2, "transcript", FILE_B);
    expect_ok(take(RECORD_CEREMONY, ceremony("one", FILE_A, 3, 0)));
    expect_ok(take(RECORD_CEREMONY, ceremony("two", FILE_B, 1, 0)));
    expect_ok(take(RECORD_TIME, json_pack("{s:s,s:i}", "ceremony", "one", "persons", 2)));
    expect_err(take(RECORD_STEP, step("one", 2, FILE_A)), E_LOG_ORDER);
    expect_ok(take(RECORD_STEP, step("one", 1, FILE_A)));
    expect_err(take(RECORD_STEP, step("one", 1, FILE_A)), E_LOG_ORDER);
    expect_err(take(RECORD_MINUTES, json_pack("{s:s}", "ceremony", "one")), E_LOG_ORDER);
    expect_err(take(RECORD_CERTIFY, json_pack("{s:s,s:i}", "ceremony", "one", "step", 3)), E_LOG_ORDER);
    expect_ok(take(RECORD_CERTIFY, json_pack("{s:s,s:i}", "ceremony", "one", "step", 2)));
    expect_ok(take(RECORD_EXCEPTION, exception));
    expect_ok(take(RECORD_MINUTES, json_pack("{s:s}", "ceremony", "one")));
    expect_ok(take(RECORD_STEP, step("one", 3, FILE_A)));
    expect_err(take(RECORD_STEP, step("one", 4, FILE_A)), E_LOG_ORDER);
    expect_err(take(RECORD_CERTIFY, json_pack("{s:s,s:i}", "ceremony", "one", "step", 4)), E_LOG_ORDER);
    const struct course *c = courses_find(&all, "one");
    ck_assert(c != NULL && c->done == 3 && c->over[1][0] == 0xf0 && c->over[2][0] == 0x00);
    ck_assert_int_eq(courses_find(&all, "two")->done, 0);
    ck_assert_ptr_null(courses_find(&all, "three"));
}
END_TEST

START_TEST(a_ceremony_goes_on_from_where_it_was_or_before)
{
    expect_err(take(RECORD_CEREMONY, ceremony("one", FILE_A, 3, 1)), E_LOG_ORDER);
    expect_ok(take(RECORD_CEREMONY, ceremony("one", FILE_A, 3, 0)));
    expect_ok(take(RECORD_STEP, step("one", 1, FILE_A)));
    expect_ok(take(RECORD_STEP, step("one", 2, FILE_A)));
    expect_err(take(RECORD_CEREMONY, ceremony("one", FILE_B, 3, 1)), E_LOG_ORDER);
    expect_err(take(RECORD_CEREMONY, ceremony("one", FILE_A, 4, 1)), E_LOG_ORDER);
    expect_err(take(RECORD_CEREMONY, ceremony("one", FILE_A, 3, 3)), E_LOG_ORDER);
    expect_ok(take(RECORD_CEREMONY, ceremony("one", FILE_A, 3, 1)));
    expect_ok(take(RECORD_STEP, step("one", 2, FILE_B)));
    ck_assert(courses_find(&all, "one")->done == 2 && courses_find(&all, "one")->over[1][0] == 0xf0);
}
END_TEST

static const enum record_type of_a_ceremony[] = {RECORD_TIME, RECORD_STEP, RECORD_EXCEPTION, RECORD_CERTIFY, RECORD_MINUTES};

START_TEST(a_ceremony_begins_with_its_line)
{
    expect_err(take(of_a_ceremony[_i], step("one", 1, FILE_A)), E_LOG_ORDER);
    expect_ok(take(RECORD_SELF_TEST, json_pack("{s:s}", "key", "k")));
}
END_TEST

/* -- lines that the token was not told of -- */

static struct world w;
static struct state state;

static void set_up_state(void)
{
    set_up();
    tree_make();
    world_make(&w);
    world_state(&w, &state);
}

static void tear_down_state(void)
{
    state_close(&state);
    world_free(&w);
    tree_remove();
    tear_down();
}

static void append(enum record_type type, json_t *fields)
{
    expect_ok_diag(log_append(state.log, type, fields, &d), &d);
    expect_ok_diag(log_sync(state.log, &d), &d);
}

static void tell(void)
{
    state.heard = *log_position(state.log);
    state.told = state.heard.size;
}

/* How far the log says that a ceremony is. */
static int64_t done(const char *name)
{
    struct log_reader *reader;
    bool more = true;
    courses_free(&all);
    expect_ok_diag(log_reader_open(state.fd, LOG_FILE, NULL, &reader, &d), &d);
    while (more) {
        struct record r = {0};
        struct span line;
        expect_ok_diag(log_reader_next(reader, &line, &r, &more, &d), &d);
        if (more)
            expect_ok_diag(courses_take(&all, &r, &d), &d);
        record_free(&r);
    }
    log_reader_close(reader);
    return courses_find(&all, name)->done;
}

START_TEST(steps_that_the_token_does_not_know_are_taken_back)
{
    append(RECORD_CEREMONY, ceremony("one", FILE_A, 5, 0));
    append(RECORD_STEP, step("one", 1, FILE_A));
    append(RECORD_CEREMONY, ceremony("two", FILE_B, 5, 0));
    append(RECORD_STEP, step("two", 1, FILE_A));
    tell();
    const uint64_t before = state.told;
    expect_ok_diag(untold_take_back_steps(&state, &d), &d);
    ck_assert_uint_eq(log_position(state.log)->size, before);
    append(RECORD_STEP, step("one", 2, FILE_B));
    append(RECORD_STEP, step("one", 3, FILE_B));
    append(RECORD_CEREMONY, ceremony("three", FILE_B, 5, 0));
    append(RECORD_STEP, step("three", 1, FILE_B));
    expect_ok_diag(untold_take_back_steps(&state, &d), &d);
    ck_assert_uint_eq(log_position(state.log)->size, before + 6);
    ck_assert_int_eq(done("one"), 1);
    ck_assert_int_eq(done("two"), 1);
    ck_assert_int_eq(done("three"), 0);
    expect_ok_diag(untold_take_back_steps(&state, &d), &d); /* that was enough, also when the token was not told of it */
    ck_assert_uint_eq(log_position(state.log)->size, before + 6);
}
END_TEST

START_TEST(what_the_token_knows_is_not_written_anew)
{
    append(RECORD_CEREMONY, ceremony("one", FILE_A, 5, 0));
    append(RECORD_STEP, step("one", 1, FILE_A));
    append(RECORD_STEP, step("one", 2, FILE_A));
    tell();
    append(RECORD_CEREMONY, ceremony("one", FILE_A, 5, 0));
    append(RECORD_STEP, step("one", 1, FILE_B));
    append(RECORD_STEP, step("one", 2, FILE_B));
    expect_err(untold_take_back_steps(&state, &d), E_LOG_ORDER);
}
END_TEST

START_TEST(forged_steps_out_of_order_stop_everything)
{
    append(RECORD_CEREMONY, ceremony("one", FILE_A, 5, 0));
    tell();
    append(RECORD_STEP, step("one", 4, FILE_A));
    expect_err(untold_take_back_steps(&state, &d), E_LOG_ORDER);
}
END_TEST

Suite *suite_course(void)
{
    Suite *s = suite_create("course");
    TCase *t = tcase_create("course");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, no_digest);
    tcase_add_test(t, steps_end_in_their_order);
    tcase_add_test(t, a_ceremony_goes_on_from_where_it_was_or_before);
    tcase_add_loop_test(t, a_ceremony_begins_with_its_line, 0, (int)(sizeof of_a_ceremony / sizeof *of_a_ceremony));
    suite_add_tcase(s, t);
    t = tcase_create("untold");
    tcase_add_checked_fixture(t, set_up_state, tear_down_state);
    tcase_add_test(t, steps_that_the_token_does_not_know_are_taken_back);
    tcase_add_test(t, what_the_token_knows_is_not_written_anew);
    tcase_add_test(t, forged_steps_out_of_order_stop_everything);
    suite_add_tcase(s, t);
    return s;
}
