#include "core/base64.h"

#include <stdlib.h>
#include <string.h>

#include "expect.h"

/* RFC 4648 section 10. */
static const char *const pairs[][2] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

START_TEST(known_answers)
{
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        const char *plain = pairs[i][0];
        const char *coded = pairs[i][1];
        struct buf b = {0};
        expect_ok(base64_encode(plain, strlen(plain), &b));
        ck_assert_uint_eq(b.len, strlen(coded));
        ck_assert(b.len == 0 || memcmp(b.data, coded, b.len) == 0);
        buf_reset(&b);
        expect_ok(base64_decode(coded, strlen(coded), &b));
        ck_assert_uint_eq(b.len, strlen(plain));
        ck_assert(b.len == 0 || memcmp(b.data, plain, b.len) == 0);
        buf_free(&b);
        char *s = base64_string(plain, strlen(plain));
        ck_assert_str_eq(s, coded);
        free(s);
    }
}
END_TEST

START_TEST(every_length_comes_back)
{
    uint8_t in[300];
    for (unsigned i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)(i * 167 + 13);
    for (size_t n = 0; n <= sizeof in; n++) {
        struct buf out = {0};
        char *text = base64_string(in, n);
        ck_assert_ptr_nonnull(text);
        expect_ok(base64_decode(text, strlen(text), &out));
        ck_assert_uint_eq(out.len, n);
        ck_assert(n == 0 || memcmp(out.data, in, n) == 0);
        free(text);
        buf_free(&out);
    }
}
END_TEST

/* Of all texts of one quad in a small alphabet, exactly those are taken that encode back to
 * themselves. */
START_TEST(only_the_canonical_form_is_taken)
{
    static const char letters[] = "AQgwBP+/9z=-_ \n";
    size_t k = sizeof letters; /* with the NUL */
    size_t taken = 0;
    for (size_t i = 0; i < k * k * k * k; i++) {
        char quad[4] = {letters[i % k], letters[i / k % k], letters[i / k / k % k],
                        letters[i / k / k / k]};
        struct buf b = {0};
        if (base64_decode(quad, 4, &b) == E_OK) {
            char *again = base64_string(b.data, b.len);
            ck_assert_mem_eq(again, quad, 4);
            free(again);
            taken++;
        }
        buf_free(&b);
    }
    /* Ten of the characters are letters of the alphabet; before one or two "=" only those may stand
     * whose low two or four bits are zero. */
    size_t two = 0;
    size_t four = 0;
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < 10; i++) {
        size_t value = (size_t)(strchr(alphabet, letters[i]) - alphabet);
        two += value % 4 == 0;
        four += value % 16 == 0;
    }
    ck_assert_uint_eq(taken, 10 * 10 * 10 * 10 + 10 * 10 * two + 10 * four);
}
END_TEST

START_TEST(everything_else_is_refused)
{
    static const char *const bad[] = {
        "Z",        "Zg",   "Zg=",  "Zm9vY",      "Zm9v\n",   "Zm9\nv",   " Zm9v",
        "Zh==",     "Zm9=", "====", "Z===",       "=Zg=",     "Zg==Zg==", "Zg==Zm9v",
        "Zm8=Zm9v", "Zm9-", "Zm9_", "Zm9vZg==\n", "Zm9v====", "Zm=v",     "\xc3\xa9\xc3\xa9",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct buf b = {0};
        buf_append_str(&b, "before");
        expect_err(base64_decode(bad[i], strlen(bad[i]), &b), E_BASE64);
        ck_assert_uint_eq(b.len, 6);
        ck_assert_mem_eq(b.data, "before", 6);
        expect_ok(buf_err(&b));
        buf_free(&b);
    }
    struct buf b = {0};
    expect_err(base64_decode("Zm9\0", 4, &b), E_BASE64);
    buf_free(&b);
}
END_TEST

START_TEST(a_failed_buffer_is_reported)
{
    struct buf b = {0};
    volatile size_t too_much = SIZE_MAX;
    buf_append(&b, "x", too_much);
    expect_err(base64_encode("abc", 3, &b), E_NO_MEMORY);
    expect_err(base64_decode("Zm9v", 4, &b), E_NO_MEMORY);
    ck_assert_uint_eq(b.len, 0);
    ck_assert_ptr_null(base64_string("x", too_much));
    buf_free(&b);
}
END_TEST

Suite *suite_base64(void);
Suite *suite_base64(void)
{
    Suite *s = suite_create("base64");
    TCase *t = tcase_create("base64");
    tcase_add_test(t, known_answers);
    tcase_add_test(t, every_length_comes_back);
    tcase_add_test(t, only_the_canonical_form_is_taken);
    tcase_add_test(t, everything_else_is_refused);
    tcase_add_test(t, a_failed_buffer_is_reported);
    suite_add_tcase(s, t);
    return s;
}
