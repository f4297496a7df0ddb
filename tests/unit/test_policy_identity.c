/* Identity rows and pairs in the policy table: look-ups, names, the canonical text. */
#include <check.h>
#include <string.h>

#include "expect.h"
#include "help_batch.h"

Suite *suite_policy_identity(void);

static struct world w;
static struct policy_identity_rule rules[2];

static void set_up(void)
{
    world_policy(&w);
    rules[0] = (struct policy_identity_rule){POLICY_PASSPORT, true, POLICY_CHECK_NONE, "rule passport"};
    rules[1] = (struct policy_identity_rule){POLICY_TAXATION, false, POLICY_CHECK_USCC, "rule taxation"};
    w.profiles[0].identity = rules;
    w.profiles[0].identity_n = 2;
    w.profiles[2].pair = "person";
}

START_TEST(look_ups)
{
    ck_assert_ptr_eq(policy_identity_find(&w.profiles[0], POLICY_PASSPORT), &rules[0]);
    ck_assert_ptr_eq(policy_identity_find(&w.profiles[0], POLICY_TAXATION), &rules[1]);
    ck_assert_ptr_null(policy_identity_find(&w.profiles[0], POLICY_INSURANCE));
    ck_assert_ptr_null(policy_identity_find(&w.profiles[1], POLICY_PASSPORT));
    ck_assert(policy_is_pair(&w.authorities[0], &w.profiles[0]));
    ck_assert(!policy_is_pair(&w.authorities[0], &w.profiles[1]));
    ck_assert(!policy_is_pair(&w.authorities[0], &w.profiles[2]));
    ck_assert(!policy_is_pair(&w.authorities[1], &w.profiles[0]));
}
END_TEST

START_TEST(null_parameters)
{
    struct policy_key key = {.sm2_null = true};
    struct policy_profile p = {.sm2_null = POLICY_NULL_AS_KEY};
    ck_assert(policy_sm2_null(&p, &key));
    p.sm2_null = POLICY_NULL_ABSENT;
    ck_assert(!policy_sm2_null(&p, &key));
    key.sm2_null = false;
    ck_assert(!policy_sm2_null(&p, &key));
    p.sm2_null = POLICY_NULL_WRITTEN;
    ck_assert(policy_sm2_null(&p, &key));
    p.sm2_null = POLICY_NULL_AS_KEY;
    ck_assert(!policy_sm2_null(&p, &key));
}
END_TEST

START_TEST(names)
{
    enum policy_identity field;
    enum policy_check check;
    for (int f = 0; f < POLICY_IDENTITY_COUNT; f++) {
        field = POLICY_IDENTITY_COUNT;
        ck_assert(policy_identity_by_name(policy_identity_name(f), &field));
        ck_assert_int_eq(field, f);
    }
    for (int c = POLICY_CHECK_NONE; c <= POLICY_CHECK_USCC; c++) {
        ck_assert(policy_check_by_name(policy_check_name(c), &check));
        ck_assert_int_eq(check, c);
    }
    ck_assert(!policy_identity_by_name("?", &field));
    ck_assert(!policy_check_by_name("", &check));
    ck_assert_str_eq(policy_identity_name(POLICY_IDENTITY_COUNT), "?");
    ck_assert_str_eq(policy_check_name(POLICY_CHECK_USCC + 1), "?");
}
END_TEST

static void text(char out[20000])
{
    struct buf b = {0};
    expect_ok(policy_print(&w.policy, &b));
    ck_assert_uint_lt(b.len, 20000);
    memcpy(out, b.data, b.len);
    out[b.len] = '\0';
    buf_free(&b);
}

/* Each field is in the text, so that the digest stands for it. */
START_TEST(the_canonical_text)
{
    static char before[20000], after[20000];
    text(before);
    ck_assert_ptr_nonnull(strstr(before, "authority \"ca\" profile \"person\" identity passport required check none "
                                         "clause \"rule passport\"\n"));
    ck_assert_ptr_nonnull(strstr(before, "authority \"ca\" profile \"person\" identity taxation optional check uscc "
                                         "clause \"rule taxation\"\n"));
    ck_assert_ptr_nonnull(strstr(before, "authority \"ca\" profile \"person\" identity-tagging explicit pair none sm2-null of-key\n"));
    ck_assert_ptr_nonnull(strstr(before, "profile \"server\" identity-tagging explicit pair \"person\" sm2-null of-key\n"));
#define CHANGE(...)                                                                                                    \
    do {                                                                                                               \
        set_up();                                                                                                      \
        __VA_ARGS__;                                                                                                   \
        text(after);                                                                                                   \
        ck_assert_msg(strcmp(before, after) != 0, "%s", #__VA_ARGS__);                                                 \
    } while (0)
    CHANGE(rules[0].field = POLICY_RESIDENT_ID);
    CHANGE(rules[0].required = false);
    CHANGE(rules[1].check = POLICY_CHECK_NONE);
    CHANGE(rules[1].clause = "other");
    CHANGE(w.profiles[0].identity_n = 1);
    CHANGE(w.profiles[0].identity_implicit = true);
    CHANGE(w.profiles[1].sm2_null = POLICY_NULL_WRITTEN);
    text(before);
    CHANGE(w.profiles[1].sm2_null = POLICY_NULL_ABSENT);
    set_up();
    text(before);
    CHANGE(w.profiles[2].pair = NULL);
    CHANGE(w.profiles[2].pair = "device");
}
END_TEST

Suite *suite_policy_identity(void)
{
    Suite *s = suite_create("policy_identity");
    TCase *t = tcase_create("policy_identity");
    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, look_ups);
    tcase_add_test(t, null_parameters);
    tcase_add_test(t, names);
    tcase_add_test(t, the_canonical_text);
    suite_add_tcase(s, t);
    return s;
}
