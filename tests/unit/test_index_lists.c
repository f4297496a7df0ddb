/* The index of revocation lists: their numbers, and the full list that each follows; and what became of every certificate. */
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
static int64_t last_but(const char *key, int64_t before, char batch)
{
    const uint8_t but[DIGEST_LEN] = {(uint8_t)batch};
    struct index_crl c;
    bool found;
    expect_ok_diag(index_crl_last_full(x, key, before, but, &c, &found, &d), &d);
    ck_assert(!found || (c.this_update == 1000 * c.number && c.plan_seq == (uint64_t)(10 * c.number)));
    ck_assert_int_eq(c.number != 0, found);
    return c.number;
}

static int64_t last(const char *key, int64_t before)
{
    return last_but(key, before, 0);
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

/* -- all certificates -- */

static void add_cert(const char *authority, uint8_t serial, bool issued)
{
    struct index_cert c = {.serial = {serial}, .serial_n = 1, .batch = {serial}, .n = 1, .profile = "p", .key = "k",
                           .spki = {serial}, .not_after = 1000 + serial};
    snprintf(c.authority, sizeof c.authority, "%s", authority);
    expect_ok_diag(index_add_cert(x, &c, &d), &d);
    if (issued)
        expect_ok_diag(index_set_issued(x, c.batch, 1, serial, &d), &d);
}

static void change(const char *authority, uint8_t serial, enum index_change_kind what, int reason)
{
    static int64_t n = 1;
    n++;
    struct index_change c = {.batch = {99}, .n = n, .serial = {serial}, .serial_n = 1, .what = what, .reason = reason, .at = 500 + n};
    snprintf(c.authority, sizeof c.authority, "%s", authority);
    expect_ok_diag(index_add_change(x, &c, &d), &d);
    expect_ok_diag(index_apply_change(x, c.batch, c.n, 1, &d), &d);
}

START_TEST(every_issued_certificate)
{
    static const struct {
        const char *authority;
        uint8_t serial;
        enum index_status status;
        int reason;
        bool changed, accepted;
    } want[] = {{"a", 3, INDEX_GOOD, 0, false, true},
                {"a", 7, INDEX_REVOKED, 1, true, false},
                {"b", 1, INDEX_HELD, 6, true, false},
                {"b", 2, INDEX_GOOD, 0, true, false}};
    struct index_certs *walk;
    struct index_cert c;
    bool more;
    add_cert("b", 2, true);
    add_cert("a", 7, true);
    add_cert("b", 1, true);
    add_cert("a", 3, true);
    add_cert("a", 4, false); /* only reserved */
    change("a", 3, INDEX_ACCEPT, 0);
    change("a", 7, INDEX_REVOKE, 1);
    change("b", 1, INDEX_HOLD, 6);
    change("b", 2, INDEX_HOLD, 6);
    change("b", 2, INDEX_RELEASE, 6);
    expect_ok_diag(index_certs_open(x, &walk, &d), &d);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        expect_ok_diag(index_certs_next(walk, &c, &more, &d), &d);
        ck_assert(more);
        ck_assert_str_eq(c.authority, want[i].authority);
        ck_assert_uint_eq(c.serial_n, 1);
        ck_assert_int_eq(c.serial[0], want[i].serial);
        ck_assert_int_eq(c.status, want[i].status);
        ck_assert_int_eq(c.reason, want[i].reason);
        ck_assert_int_eq(c.changed > 0, want[i].changed);
        ck_assert_int_eq(c.accepted, want[i].accepted);
        ck_assert_int_eq(c.not_after, 1000 + want[i].serial);
        ck_assert_uint_eq(c.log_seq, want[i].serial);
    }
    expect_ok_diag(index_certs_next(walk, &c, &more, &d), &d);
    ck_assert(!more);
    expect_ok_diag(index_certs_close(walk, &d), &d);
    expect_ok(index_certs_close(NULL, &d));
    const uint8_t none[DIGEST_LEN] = {98};
    expect_ok_diag(index_apply_change(x, none, 1, 1, &d), &d); /* a request that changes nothing */
    /* no serial number has no byte, or more than 20 */
    static const uint8_t serial[21] = {3};
    for (size_t n = 0; n <= 21; n++) {
        expect_ok_diag(index_cert(x, "a", serial, n, &c, &more, &d), &d);
        ck_assert_int_eq(more, n == 1);
    }
}
END_TEST

/* A batch with two lists of one key: the second does not follow the first, when it is signed as little as when it was planned. */
START_TEST(the_full_list_of_another_batch)
{
    struct index_crl own = {.key = "a", .number = 2, .this_update = 2000, .plan_seq = 20, .batch = {'B'}, .n = 1};
    add("a", 1, 0, true);
    expect_ok_diag(index_add_crl(x, &own, &d), &d);
    ck_assert_int_eq(last_but("a", 3, 'B'), 1);
    expect_ok_diag(index_set_crl_issued(x, own.batch, own.n, 21, &d), &d);
    ck_assert_int_eq(last_but("a", 3, 'B'), 1);
    ck_assert_int_eq(last("a", 3), 2);
}
END_TEST

Suite *suite_index_lists(void)
{
    Suite *s = suite_create("index_lists");
    TCase *t = tcase_create("index_lists");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, the_full_list_before);
    tcase_add_test(t, every_issued_certificate);
    tcase_add_test(t, the_full_list_of_another_batch);
    suite_add_tcase(s, t);
    return s;
}
