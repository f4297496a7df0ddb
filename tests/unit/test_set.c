#include <check.h>
#include <string.h>

#include "core/set.h"
#include "expect.h"

Suite *suite_set(void);

#define KEYS 10000

static void key_of(int i, uint8_t key[DIGEST_LEN])
{
    expect_ok(digest_bytes(DIGEST_SHA256, &i, sizeof i, key));
}

START_TEST(ten_thousand_keys)
{
    struct set s = {0};
    uint8_t key[DIGEST_LEN], value[DIGEST_LEN];
    const uint8_t *old;
    for (int i = 0; i < KEYS; i++) {
        key_of(i, key);
        key_of(-i - 1, value);
        ck_assert_int_eq(set_put(&s, key, value, &old), E_OK);
        ck_assert_ptr_null(old);
        ck_assert_uint_eq(s.n, (size_t)i + 1);
    }
    for (int i = 0; i < KEYS; i++) {
        uint8_t other[DIGEST_LEN] = {1};
        key_of(i, key);
        key_of(-i - 1, value);
        for (int again = 0; again < 2; again++) { /* the first value stays */
            ck_assert_int_eq(set_put(&s, key, other, &old), E_OK);
            ck_assert_ptr_nonnull(old);
            ck_assert_mem_eq(old, value, DIGEST_LEN);
        }
    }
    ck_assert_uint_eq(s.n, KEYS);
    set_free(&s);
    ck_assert_uint_eq(s.n, 0);
    ck_assert_ptr_null(s.slots);
}
END_TEST

/* Keys that all want one slot, which is the last one: probing must go on at the first. */
START_TEST(keys_that_collide)
{
    struct set s = {0};
    const uint8_t *old;
    for (int i = 0; i < 1000; i++) {
        uint8_t key[DIGEST_LEN] = {0}, value[DIGEST_LEN] = {0};
        memset(key, 0xff, sizeof(size_t));
        memcpy(key + DIGEST_LEN - sizeof i, &i, sizeof i);
        memcpy(value, &i, sizeof i);
        ck_assert_int_eq(set_put(&s, key, value, &old), E_OK);
        ck_assert_ptr_null(old);
    }
    for (int i = 0; i < 1000; i++) {
        uint8_t key[DIGEST_LEN] = {0}, value[DIGEST_LEN] = {0};
        memset(key, 0xff, sizeof(size_t));
        memcpy(key + DIGEST_LEN - sizeof i, &i, sizeof i);
        memcpy(value, &i, sizeof i);
        ck_assert_int_eq(set_put(&s, key, key, &old), E_OK);
        ck_assert_ptr_nonnull(old);
        ck_assert_mem_eq(old, value, DIGEST_LEN);
    }
    set_free(&s);
}
END_TEST

START_TEST(a_key_of_zeros_is_a_key)
{
    struct set s = {0};
    static const uint8_t zero[DIGEST_LEN];
    const uint8_t *old;
    expect_ok(set_put(&s, zero, zero, &old));
    ck_assert_ptr_null(old);
    expect_ok(set_put(&s, zero, zero, &old));
    ck_assert_ptr_nonnull(old);
    set_free(&s);
}
END_TEST

Suite *suite_set(void)
{
    Suite *s = suite_create("set");
    TCase *t = tcase_create("set");
    tcase_add_test(t, ten_thousand_keys);
    tcase_add_test(t, keys_that_collide);
    tcase_add_test(t, a_key_of_zeros_is_a_key);
    suite_add_tcase(s, t);
    return s;
}
