/* What an earlier request of a batch does to a certificate is held against the next, at the desk. */
#include <check.h>
#include <string.h>

#include "expect.h"
#include "ra/seen_effects.h"

Suite *suite_seen_effects(void);

static struct seen_effects seen;

/* Request n, about the certificate with this number; its code is what comes of it, and its detail says why. */
static void expect_take(int64_t n, enum op op, enum plan_act act, uint8_t certificate, enum err want, const char *says)
{
    struct decision o = {
        .act = act, .clause = "c 1", .request = {.op = op, .has_serial = true, .serial = {certificate}}};
    struct diag d = {0};
    expect_ok_diag(seen_effects_take(&seen, &o, n, &d), &d);
    ck_assert_msg(o.code == want, "request %d: %s, wanted %s", (int)n, err_name(o.code), err_name(want));
    ck_assert_str_eq(o.detail, says);
}

START_TEST(on_hold_and_resumed)
{
    seen = (struct seen_effects){0};
    expect_take(1, OP_SUSPEND, PLAN_HOLD, 7, E_OK, "");
    expect_take(2, OP_SUSPEND, PLAN_HOLD, 7, E_CERT_HELD, "request 1 suspends it");
    expect_take(3, OP_RENEW, PLAN_ISSUE, 7, E_CERT_HELD, "request 1 suspends it");
    expect_take(4, OP_ACCEPT, PLAN_ACCEPT, 7, E_OK, "");
    expect_take(5, OP_SUSPEND, PLAN_HOLD, 8, E_OK, ""); /* another certificate */
    expect_take(6, OP_RESUME, PLAN_RELEASE, 7, E_OK, "");
    expect_take(7, OP_RESUME, PLAN_RELEASE, 7, E_CERT_NOT_HELD, "request 6 resumes it");
    expect_take(8, OP_RESUME, PLAN_RELEASE, 9, E_OK, ""); /* perhaps it was on hold before */
    expect_take(9, OP_CHANGE, PLAN_ISSUE, 7, E_OK, "");
    expect_take(10, OP_RESUME, PLAN_RELEASE, 7, E_CERT_REVOKED, "request 9 ends it");
    seen_effects_free(&seen);
}
END_TEST

/* What is on hold can be revoked, and is not resumed after that. */
START_TEST(ended)
{
    seen = (struct seen_effects){0};
    expect_take(1, OP_SUSPEND, PLAN_HOLD, 7, E_OK, "");
    expect_take(2, OP_REVOKE, PLAN_REVOKE, 7, E_OK, "");
    expect_take(3, OP_REVOKE, PLAN_REVOKE, 7, E_CERT_REVOKED, "request 2 ends it");
    expect_take(4, OP_RESUME, PLAN_RELEASE, 7, E_CERT_REVOKED, "request 2 ends it");
    expect_take(5, OP_ACCEPT, PLAN_ACCEPT, 8, E_OK, "");
    expect_take(6, OP_ACCEPT, PLAN_ACCEPT, 8, E_CERT_ACCEPTED, "request 5 says so");
    seen_effects_free(&seen);
}
END_TEST

/* What a request that is refused asks for does not happen, and one without a certificate is about none. */
START_TEST(nothing_is_done)
{
    struct diag d = {0};
    struct decision refused = {
        .code = E_REASON, .act = PLAN_REVOKE, .request = {.op = OP_REVOKE, .has_serial = true, .serial = {7}}};
    struct decision new = {.act = PLAN_ISSUE, .request = {.op = OP_ISSUE}};
    seen = (struct seen_effects){0};
    expect_ok_diag(seen_effects_take(&seen, &refused, 1, &d), &d);
    ck_assert_int_eq(refused.code, E_REASON);
    expect_ok_diag(seen_effects_take(&seen, &new, 2, &d), &d);
    expect_take(3, OP_SUSPEND, PLAN_HOLD, 7, E_OK, "");
    seen_effects_free(&seen);
}
END_TEST

Suite *suite_seen_effects(void)
{
    Suite *s = suite_create("seen_effects");
    TCase *t = tcase_create("seen_effects");
    tcase_add_test(t, on_hold_and_resumed);
    tcase_add_test(t, ended);
    tcase_add_test(t, nothing_is_done);
    suite_add_tcase(s, t);
    return s;
}
