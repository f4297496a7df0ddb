/* What evidence_decide() finds when the request is decided again. */
#include <check.h>
#include <string.h>

#include "audit/evidence_decide.h"
#include "expect.h"
#include "help_change.h"

Suite *suite_evidence_decide(void);

static void no_ra(void)
{
    change_fix.policy.ras_n = 0;
    change_adopt();
}

static void ra_of_another(void)
{
    static const struct policy_ra town = {"town", "cb"};
    change_fix.policy.ras = &town;
    change_adopt();
}

static void batch_out_of_date(void)
{
    change_fix.policy.limits.batch_age = -1;
    change_adopt();
}

static void not_offered(void)
{
    change_fix.authority.services_n = 0;
    change_adopt();
}

static void other_clause(void)
{
    change_fix.profile.clause = "c 99";
    change_adopt();
}

/* The last characters of the subject are others; so the appliance could sign what nobody asked for. */
static void change_subject(struct buf *tbs)
{
    static const char cn[] = "\x06\x03\x55\x04\x03"; /* OID of CN: the issuer's first, then the subject's */
    uint8_t *at = memmem(tbs->data, tbs->len, cn, 5);
    ck_assert_ptr_nonnull(at);
    at++;
    at = memmem(at, tbs->len - (size_t)(at - tbs->data), cn, 5);
    ck_assert_ptr_nonnull(at);
    at[7] = at[7] == 'x' ? 'y' : 'x'; /* behind tag and length */
}

START_TEST(what_the_policy_refuses)
{
    static const struct change all[] = {{no_ra, E_RA, "town is no RA of ca"},
                                        {ra_of_another, E_RA, "town is no RA of ca"},
                                        {batch_out_of_date, E_BATCH_EXPIRED, NULL},
                                        {not_offered, E_EVIDENCE_CONTENT, "the policy refuses the request (E_OP_NOT_OFFERED)"},
                                        {other_clause, E_EVIDENCE_CONTENT, "was not decided so"}};
    EXPECT_ALL(all);
}
END_TEST

START_TEST(what_nobody_asked_for)
{
    const struct help_evidence *h = &change_fix.h;
    struct evidence ev;
    struct evidence_facts f;
    struct diag d = {0};
    expect_ok_diag(evidence_parse(buf_span(&h->text), &ev, &d), &d);
    expect_ok_diag(evidence_read_parts(&ev, &f, &d), &d);
    expect_ok_diag(evidence_decide(&ev, &f, &h->policy, &d), &d);
    change_subject(&f.item.tbs);
    enum err e = evidence_decide(&ev, &f, &h->policy, &d);
    ck_assert_msg(e == E_EVIDENCE_CONTENT && strstr(d.text, "says something else than it asks for") != NULL, "%s: %s", err_name(e), d.text);
    evidence_facts_free(&f);
    evidence_free(&ev);
}
END_TEST

Suite *suite_evidence_decide(void)
{
    Suite *s = suite_create("evidence_decide");
    TCase *c = tcase_create("evidence_decide");
    tcase_add_checked_fixture(c, change_set_up, change_tear_down);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, what_the_policy_refuses);
    tcase_add_test(c, what_nobody_asked_for);
    suite_add_tcase(s, c);
    return s;
}
