#include <check.h>

#include "hsm/ckr.h"

START_TEST(names)
{
    char name[CKR_NAME_MAX];
    ck_assert_str_eq(ckr_name(CKR_OK, name), "CKR_OK");
    ck_assert_str_eq(ckr_name(CKR_DEVICE_REMOVED, name), "CKR_DEVICE_REMOVED");
    ck_assert_str_eq(ckr_name(0x101, name), "CKR_USER_NOT_LOGGED_IN");
    ck_assert_str_eq(ckr_name(CKR_USER_ANOTHER_ALREADY_LOGGED_IN, name),
                     "CKR_USER_ANOTHER_ALREADY_LOGGED_IN");
}
END_TEST

START_TEST(unknown)
{
    char name[CKR_NAME_MAX];
    ck_assert_str_eq(ckr_name(0x80000123, name), "CKR 0x80000123");
    ck_assert_str_eq(ckr_name(~0UL, name), "CKR 0xffffffffffffffff");
}
END_TEST

Suite *suite_ckr(void);
Suite *suite_ckr(void)
{
    Suite *s = suite_create("ckr");
    TCase *t = tcase_create("names");
    tcase_add_test(t, names);
    tcase_add_test(t, unknown);
    suite_add_tcase(s, t);
    return s;
}
