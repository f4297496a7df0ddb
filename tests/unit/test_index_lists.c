/* The index of revocation lists: their numbers, and the full list that each follows. */
#include <string.h>

#include "expect.h"
#include "log/index.h"

Suite *suite_index_lists(void);

static struct index *x;
static struct diag d;

static void set_up(void)
{
    d = (struct diag){0};
    expect_ok_diag(index_private(&x, &d), &d);
    expect_ok_diag(index_begin(x, &d), &d);
}

static void tear_down(void)
{
    index_close(x);
}

static void add(const char *key, int64_t number, int64_t base, bool issued)
{
    struct index_crl c = {.number = number, .base = base, .this_update = 1000 * number, .plan_seq = (uint64_t)(10 * number),
                          .n = number};
    snprintf(c.key, sizeof c.key, "%s", key);
    c.batch[0] = (uint8_t)key[0];
    expect_ok_diag(index_add_crl(x, &c, &d), &d);
    if (issued)
        expect_ok_diag(index_set_crl_issued(x, c.batch, c.n, c.plan_seq + 1, &d), &d);
}

/* The number of the list found, with its facts right; 0 for none. */
static int64_t last(const char *key, int64_t before)
{
    struct index_crl c;
    bool found;
    expect_ok_diag(index_crl_last_full(x, key, before, &c, &found, &d), &d);
    ck_assert(!found || (c.this_update == 1000 * c.number && c.plan_seq == (uint64_t)(10 * c.number)));
    ck_assert_int_eq(c.number != 0, found);
    return c.number;
}

START_TEST(the_full_list_before)
{
    int64_t newest;
    ck_assert_int_eq(last("a", INT64_MAX), 0);
    add("a", 1, 0, true);
    add("a", 2, 1, true);  /* a delta */
    add("a", 3, 0, true);
    add("a", 4, 0, false); /* only announced */
    add("b", 1, 0, true);
    ck_assert_int_eq(last("a", INT64_MAX), 3);
    ck_assert_int_eq(last("a", 4), 3);
    ck_assert_int_eq(last("a", 3), 1); /* list 3 made anew follows list 1, though it is issued itself */
    ck_assert_int_eq(last("a", 2), 1);
    ck_assert_int_eq(last("a", 1), 0);
    ck_assert_int_eq(last("b", INT64_MAX), 1);
    ck_assert_int_eq(last("c", INT64_MAX), 0);
    expect_ok_diag(index_crl_number(x, "a", &newest, &d), &d);
    ck_assert_int_eq(newest, 4);
    expect_ok_diag(index_crl_number(x, "c", &newest, &d), &d);
    ck_assert_int_eq(newest, 0);
}
END_TEST

Suite *suite_index_lists(void)
{
    Suite *s = suite_create("index_lists");
    TCase *t = tcase_create("index_lists");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, the_full_list_before);
    suite_add_tcase(s, t);
    return s;
}
