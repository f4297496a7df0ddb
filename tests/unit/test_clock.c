#include "core/clock.h"

#include <string.h>
#include <time.h>

#include "expect.h"

START_TEST(known_times)
{
    static const struct {
        int64_t t;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00Z"},
        {951782400, "2000-02-29T00:00:00Z"},
        {1709164799, "2024-02-28T23:59:59Z"},
        {1709164800, "2024-02-29T00:00:00Z"},
        {2147483648, "2038-01-19T03:14:08Z"},
        {4107542400, "2100-03-01T00:00:00Z"},
        {253402300799, "9999-12-31T23:59:59Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[CLOCK_TEXT];
        int64_t t;
        clock_format(rows[i].t, text);
        ck_assert_str_eq(text, rows[i].text);
        ck_assert_msg(clock_parse(rows[i].text, &t), "%s", rows[i].text);
        ck_assert_int_eq(t, rows[i].t);
    }
}
END_TEST

START_TEST(round_trip)
{
    /* A step that is no divisor of a day meets every hour, minute, month and leap day. */
    for (int64_t t = 0; t <= 253402300799; t += 1234577) {
        char text[CLOCK_TEXT];
        int64_t back;
        clock_format(t, text);
        if (!clock_parse(text, &back) || back != t)
            ck_abort_msg("%lld: %s", (long long)t, text);
    }
}
END_TEST

START_TEST(what_is_not_a_time_is_refused)
{
    static const char *const bad[] = {
        "",
        "2025-02-29T00:00:00Z", /* no leap year */
        "2100-02-29T00:00:00Z", /* no leap year either */
        "2024-02-30T00:00:00Z",
        "2024-04-31T00:00:00Z",
        "2024-00-01T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-01-00T00:00:00Z",
        "2024-01-32T00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T00:60:00Z",
        "2016-12-31T23:59:60Z", /* a leap second that did take place */
        "1969-12-31T23:59:59Z",
        "0000-01-01T00:00:00Z",
        "2024-01-01T00:00:00",
        "2024-01-01T00:00:00z",
        "2024-01-01t00:00:00Z",
        "2024-01-01 00:00:00Z",
        "2024-01-01T00:00:00Z ",
        "2024-01-01T00:00:00ZZ",
        " 2024-01-01T00:00:00Z",
        "2024-01-01T00:00:00.0Z",
        "2024-01-01T00:00:00+00:00",
        "2024-1-01T00:00:00Z",
        "+024-01-01T00:00:00Z",
        "2024-01-01T-1:00:00Z",
        "10000-01-01T00:00:00Z",
        "20240101000000Z",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t t = 1;
        ck_assert_msg(!clock_parse(bad[i], &t), "%s", bad[i]);
        ck_assert_int_eq(t, 0);
    }
}
END_TEST

START_TEST(outside_the_range_is_the_empty_text)
{
    static const int64_t outside[] = {-1, 253402300800, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        char text[CLOCK_TEXT] = "x";
        clock_format(outside[i], text);
        ck_assert_str_eq(text, "");
    }
}
END_TEST

START_TEST(now_is_the_systems_time)
{
    int64_t before = (int64_t)time(NULL);
    int64_t now = clock_now();
    ck_assert_int_ge(now, before);
    ck_assert_int_le(now, (int64_t)time(NULL));
}
END_TEST

Suite *suite_clock(void);
Suite *suite_clock(void)
{
    Suite *s = suite_create("clock");
    TCase *t = tcase_create("clock");
    tcase_add_test(t, known_times);
    tcase_add_test(t, round_trip);
    tcase_add_test(t, what_is_not_a_time_is_refused);
    tcase_add_test(t, outside_the_range_is_the_empty_text);
    tcase_add_test(t, now_is_the_systems_time);
    suite_add_tcase(s, t);
    return s;
}
