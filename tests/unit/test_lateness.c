/* When a revocation is late, and which marks of lateness a log line may have. */
#include "batch/lateness.h"
#include "expect.h"

Suite *suite_lateness(void);

#define ASKED INT64_C(1772323200) /* 2026-03-01T00:00:00Z */
#define DAY INT64_C(86400)
#define MOMENT 60

static const struct policy_authority promises = {.revoke_within = DAY}, silent = {.revoke_within = 0};

START_TEST(a_revocation_is_late_a_second_after_the_promise)
{
    ck_assert(!lateness_of(&promises, PLAN_REVOKE, ASKED, ASKED));
    ck_assert(!lateness_of(&promises, PLAN_REVOKE, ASKED, ASKED + DAY));
    ck_assert(lateness_of(&promises, PLAN_REVOKE, ASKED, ASKED + DAY + 1));
    ck_assert(!lateness_of(&silent, PLAN_REVOKE, ASKED, ASKED + 1000 * DAY));
}
END_TEST

START_TEST(nothing_else_is_late)
{
    for (int act = 0; act < PLAN_ACTS; act++)
        ck_assert_int_eq(lateness_of(&promises, (enum plan_act)act, ASKED, ASKED + 2 * DAY), act == PLAN_REVOKE);
}
END_TEST

/* At, before and after the promised time, and the moment's end: may the line be marked, may it be without the mark. */
START_TEST(a_mark_is_true_or_a_moment_old)
{
    static const struct {
        int64_t over;
        bool marked, unmarked;
    } lines[] = {{-1, false, true},         {0, false, true},           {1, true, true}, {MOMENT, true, true},
                 {MOMENT + 1, true, false}, {1000 * DAY, true, false}};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        int64_t line = ASKED + DAY + lines[i].over;
        ck_assert_int_eq(lateness_fits(&promises, PLAN_REVOKE, ASKED, line, true), lines[i].marked);
        ck_assert_int_eq(lateness_fits(&promises, PLAN_REVOKE, ASKED, line, false), lines[i].unmarked);
        ck_assert(!lateness_fits(&promises, PLAN_HOLD, ASKED, line, true));
        ck_assert(lateness_fits(&promises, PLAN_HOLD, ASKED, line, false));
        ck_assert(!lateness_fits(&silent, PLAN_REVOKE, ASKED, line, true));
        ck_assert(lateness_fits(&silent, PLAN_REVOKE, ASKED, line, false));
    }
}
END_TEST

Suite *suite_lateness(void)
{
    Suite *s = suite_create("lateness");
    TCase *t = tcase_create("lateness");
    tcase_add_test(t, a_revocation_is_late_a_second_after_the_promise);
    tcase_add_test(t, nothing_else_is_late);
    tcase_add_test(t, a_mark_is_true_or_a_moment_old);
    suite_add_tcase(s, t);
    return s;
}
