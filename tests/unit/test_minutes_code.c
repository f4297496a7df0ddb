#include <check.h>
#include <string.h>

#include "room/minutes_code.h"

Suite *suite_minutes_code(void);

static const uint8_t log_[DIGEST_LEN] = {1, 2, 3}, head[DIGEST_LEN] = {4, 5, 6};

START_TEST(what_is_written_is_read)
{
    struct minutes_code c;
    char text[LIMIT_QR_TEXT + 1];
    minutes_code_of_head(log_, 1234567, head, text);
    ck_assert(minutes_code_begins(text) && minutes_code_parse(text, &c));
    ck_assert_int_eq((int)c.kind, MINUTES_CODE_HEAD);
    ck_assert_mem_eq(c.log, log_, DIGEST_LEN);
    ck_assert_mem_eq(c.digest, head, DIGEST_LEN);
    ck_assert_uint_eq(c.size, 1234567);
    for (int kind = MINUTES_CODE_TRANSCRIPT; kind <= MINUTES_CODE_MINUTES; kind++) {
        minutes_code_of_digest((enum minutes_code_kind)kind, head, text);
        ck_assert(minutes_code_parse(text, &c));
        ck_assert_int_eq((int)c.kind, kind);
        ck_assert_mem_eq(c.digest, head, DIGEST_LEN);
    }
}
END_TEST

/* A scanner that was stopped in the middle, or typed twice; every byte counts. */
START_TEST(a_code_is_whole_or_none)
{
    struct minutes_code c;
    char text[LIMIT_QR_TEXT + 1], other[LIMIT_QR_TEXT + 8];
    minutes_code_of_head(log_, 70, head, text);
    const size_t whole = strlen(text);
    for (size_t n = 0; n < whole; n++) {
        memcpy(other, text, n);
        other[n] = '\0';
        ck_assert_msg(!minutes_code_parse(other, &c), "%s", other);
        memcpy(other, text, whole + 1);
        other[n] = 'X';
        ck_assert_msg(!minutes_code_parse(other, &c), "%s", other);
    }
    memcpy(other, text, whole);
    memcpy(other + whole, " ", 2);
    ck_assert(!minutes_code_parse(other, &c));
    ck_assert(!minutes_code_begins("standard amusement reward"));
    char *size = strstr(text, " 70 ");
    memcpy(size, " 07 ", 4);
    ck_assert(!minutes_code_parse(text, &c));
}
END_TEST

Suite *suite_minutes_code(void)
{
    Suite *s = suite_create("minutes_code");
    TCase *t = tcase_create("minutes_code");
    tcase_add_test(t, what_is_written_is_read);
    tcase_add_test(t, a_code_is_whole_or_none);
    suite_add_tcase(s, t);
    return s;
}
