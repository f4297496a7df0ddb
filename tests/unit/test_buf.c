#include "core/buf.h"

#include <string.h>

#include "expect.h"

START_TEST(appends_add_up)
{
    struct buf b = {0};
    buf_append(&b, "ab", 2);
    buf_append_str(&b, "cd");
    buf_append_byte(&b, 'e');
    buf_printf(&b, "%d-%s", 42, "f");
    buf_append(&b, NULL, 0);
    buf_append_str(&b, "");
    expect_ok(buf_err(&b));
    struct span s = buf_span(&b);
    ck_assert_uint_eq(s.n, 9);
    ck_assert_mem_eq(s.p, "abcde42-f", 9);
    buf_free(&b);
    ck_assert_ptr_null(b.data);
    ck_assert_uint_eq(b.len + b.cap, 0);
    buf_free(&b);
}
END_TEST

START_TEST(grows_without_loss)
{
    struct buf b = {0};
    for (unsigned i = 0; i < 100000; i++)
        buf_append_byte(&b, (uint8_t)(i * 7));
    for (unsigned i = 0; i < 1000; i++)
        buf_printf(&b, "%05u", i);
    expect_ok(buf_err(&b));
    ck_assert_uint_eq(b.len, 105000);
    for (unsigned i = 0; i < 100000; i++)
        ck_assert_uint_eq(b.data[i], (uint8_t)(i * 7));
    ck_assert_mem_eq(b.data + 104995, "00999", 5);
    buf_free(&b);
}
END_TEST

START_TEST(failure_sticks_until_reset)
{
    struct buf b = {0};
    volatile size_t too_much = SIZE_MAX; /* keeps the compiler from seeing the bad size */
    buf_append_str(&b, "abc");
    buf_append(&b, "x", too_much);
    expect_err(buf_err(&b), E_NO_MEMORY);
    ck_assert_uint_eq(b.len, 3);
    buf_append_byte(&b, 'd');
    buf_printf(&b, "%d", 1);
    ck_assert_uint_eq(b.len, 3);
    ck_assert_mem_eq(b.data, "abc", 3);
    expect_err(buf_err(&b), E_NO_MEMORY);
    buf_reset(&b);
    expect_ok(buf_err(&b));
    ck_assert_uint_eq(b.len, 0);
    too_much = SIZE_MAX / 2;
    buf_append(&b, "x", too_much);
    expect_err(buf_err(&b), E_NO_MEMORY);
    buf_free(&b);
}
END_TEST

START_TEST(reset_keeps_the_memory)
{
    struct buf b = {0};
    buf_append_str(&b, "abc");
    size_t cap = b.cap;
    buf_reset(&b);
    ck_assert_uint_eq(b.len, 0);
    ck_assert_uint_eq(b.cap, cap);
    buf_append_str(&b, "d");
    ck_assert_mem_eq(b.data, "d", 1);
    buf_free(&b);
}
END_TEST

Suite *suite_buf(void);
Suite *suite_buf(void)
{
    Suite *s = suite_create("buf");
    TCase *t = tcase_create("buf");
    tcase_add_test(t, appends_add_up);
    tcase_add_test(t, grows_without_loss);
    tcase_add_test(t, failure_sticks_until_reset);
    tcase_add_test(t, reset_keeps_the_memory);
    suite_add_tcase(s, t);
    return s;
}
