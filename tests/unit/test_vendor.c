#include <check.h>

#include "hsm/vendor.h"

/* Every vendor of the policy has its own row. */
START_TEST(rows)
{
    for (int i = POLICY_VENDOR_GENERIC; i <= POLICY_VENDOR_SOFTHSM_SM2; i++)
        ck_assert_int_eq(vendor_find((enum policy_vendor)i)->id, (enum policy_vendor)i);
    ck_assert_int_eq(vendor_find((enum policy_vendor)99)->id, POLICY_VENDOR_GENERIC);
}
END_TEST

/* The numbers by which vendors sign e; the traps beside them (hash without Z) are 0x80008100 and
 * the like. */
START_TEST(numbers)
{
    ck_assert_uint_eq(vendor_find(POLICY_VENDOR_SANSEC)->sign_e, 0x80008104);
    ck_assert_uint_eq(vendor_find(POLICY_VENDOR_TASS)->sign_e, 0x80008000);
    ck_assert_uint_eq(vendor_find(POLICY_VENDOR_LUNA)->generate, 0x80000B20);
    ck_assert_uint_eq(vendor_find(POLICY_VENDOR_LUNA)->key_type, 0x80000016);
    ck_assert_uint_eq(vendor_find(POLICY_VENDOR_XIHSM)->sign_e, 0xFFFF0002);
    ck_assert_uint_eq(vendor_find(POLICY_VENDOR_IBM)->generate, 0x8005000A);
    ck_assert_uint_eq(vendor_find(POLICY_VENDOR_GENERIC)->sign_e, 0xFFFFF002);
    ck_assert_uint_eq(vendor_find(POLICY_VENDOR_SOFTHSM_SM2)->key_type, CKK_EC);
    ck_assert_uint_eq(vendor_find(POLICY_VENDOR_SOFTHSM_SM2)->generate, CKM_EC_KEY_PAIR_GEN);
}
END_TEST

Suite *suite_vendor(void);
Suite *suite_vendor(void)
{
    Suite *s = suite_create("vendor");
    TCase *t = tcase_create("table");
    tcase_add_test(t, rows);
    tcase_add_test(t, numbers);
    suite_add_tcase(s, t);
    return s;
}
