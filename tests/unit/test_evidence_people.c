/* What evidence_check() asks of persons: who approved, who authorised, and what they signed. */
#include <check.h>
#include <string.h>

#include "expect.h"
#include "help_change.h"

Suite *suite_evidence_people(void);

#define YEARS (20 * INT64_C(31556952)) /* no certificate of anybody is valid then */

/* -- whom the policy has -- */

static void person_of_shorter(void)
{
    change_fix.person.certificate.n--;
    change_adopt();
}

static void person_of_other_bytes(void)
{
    static uint8_t bytes[4096];
    ck_assert_uint_le(change_fix.person.certificate.n, sizeof bytes);
    memcpy(bytes, change_fix.person.certificate.p, change_fix.person.certificate.n);
    bytes[change_fix.person.certificate.n - 1] ^= 1;
    change_fix.person.certificate.p = bytes;
    change_adopt();
}

static void person_of_other_ra(void)
{
    change_fix.person.ra = "city";
    change_adopt();
}

static void person_of_other_role(void)
{
    change_fix.person.role = POLICY_REVIEW;
    change_adopt();
}

static void no_authority(void)
{
    change_fix.policy.authorities_n = 0;
    change_adopt();
}

static void two_must_enter(void)
{
    static const struct policy_approval two[] = {{POLICY_ENTRY, 2, "c 10"}};
    change_fix.authority.approvals = two;
    change_adopt();
}

static void no_officers(void)
{
    change_fix.policy.officers_n = 0;
    change_adopt();
}

/* As long as the first one's, and another. */
static void another_officer(void)
{
    static uint8_t bytes[4096];
    static struct policy_officer one;
    one = change_fix.policy.officers[0];
    ck_assert_uint_le(one.certificate.n, sizeof bytes);
    memcpy(bytes, one.certificate.p, one.certificate.n);
    bytes[one.certificate.n - 1] ^= 1;
    one.certificate.p = bytes;
    change_fix.policy.officers = &one;
    change_fix.policy.officers_n = 1;
    change_adopt();
}

static void three_officers(void)
{
    change_fix.policy.quorum = 3;
    change_adopt();
}

static void no_profile(void)
{
    change_fix.authority.profiles_n = 0;
    change_adopt();
}

static void no_key(void)
{
    change_fix.root.name = "cb-root";
    change_adopt();
}

START_TEST(persons_of_the_policy)
{
    static const struct change all[] = {{change_adopt, E_OK, NULL},
                                        {person_of_shorter, E_APPROVAL_PERSON, "approval 1"},
                                        {person_of_other_bytes, E_APPROVAL_PERSON, "approval 1"},
                                        {person_of_other_ra, E_APPROVAL_PERSON, "approval 1"},
                                        {person_of_other_role, E_APPROVAL_PERSON, "approval 1"},
                                        {no_authority, E_AUTHORITY, "ca"},
                                        {two_must_enter, E_APPROVAL_MISSING, "1 of 2"},
                                        {no_officers, E_OFFICER, "authorisation 1"},
                                        {another_officer, E_OFFICER, "authorisation 1"},
                                        {three_officers, E_QUORUM, "2 of 3"},
                                        {no_profile, E_PROFILE, "person"},
                                        {no_key, E_PROFILE, "person"}};
    EXPECT_ALL(all);
}
END_TEST

/* -- their signatures -- */

static void copy(struct buf *to, const struct buf *from)
{
    struct buf bytes = {0};
    buf_append(&bytes, from->data, from->len);
    buf_free(to);
    *to = bytes;
}

static void sha256(const struct buf *b, uint8_t out[DIGEST_LEN])
{
    expect_ok(digest_bytes(DIGEST_SHA256, b->data, b->len, out));
}

/* One more, which is the first one again. */
static void repeat(struct evidence_signatures *s)
{
    struct evidence_signature *one;
    expect_ok(evidence_add_signature(s, &one));
    copy(&one->certificate, &s->v[0].certificate);
    copy(&one->cms, &s->v[0].cms);
}

static void approval_of_another(void) { change_fix.f.plan_header.approvals[0].certificate[0] ^= 1; }
static void two_approvals_in_the_plan(void) { change_fix.f.plan_header.approvals_n = 2; }
static void no_approvals(void) { change_fix.e.approvals.n = change_fix.f.plan_header.approvals_n = 0; }

static void approval_by_another(void)
{
    copy(&change_fix.e.approvals.v[0].certificate, &change_fix.h.people[1]);
    sha256(&change_fix.h.people[1], change_fix.f.plan_header.approvals[0].certificate);
}

static void approved_twice(void)
{
    repeat(&change_fix.e.approvals);
    change_fix.f.plan_header.approvals[1] = change_fix.f.plan_header.approvals[0];
    change_fix.f.plan_header.approvals_n = 2;
}

/* Distinct, so that each is looked at; the first one is wrong. */
static void approved_by_two(void)
{
    approved_twice();
    change_fix.e.approvals.v[1].certificate.data[0] ^= 1;
    approval_of_another();
}

static void long_ago(void)
{
    for (size_t i = 0; i < change_fix.f.records_n; i++)
        change_record((int)i)->time += YEARS;
    change_fix.f.plan_header.created += YEARS;
    change_fix.f.plan_header.expires += YEARS;
    change_fix.f.header.created += YEARS;
    change_fix.f.header.valid_until += YEARS;
}

START_TEST(approvals)
{
    static const struct change all[] = {{approval_of_another, E_EVIDENCE_CONTENT, "approval 1: the plan has another person"},
                                        {two_approvals_in_the_plan, E_EVIDENCE_CONTENT, "not those of the plan"},
                                        {no_approvals, E_EVIDENCE_CONTENT, "not those of the plan"},
                                        {approval_by_another, E_APPROVAL_SIGNATURE, "approval 1: it is by another certificate"},
                                        {approved_twice, E_EVIDENCE_CONTENT, "not those of the plan"},
                                        {approved_by_two, E_EVIDENCE_CONTENT, "approval 1: the plan has another person"},
                                        {long_ago, E_APPROVAL_EXPIRED, "approval 1"}};
    EXPECT_ALL(all);
}
END_TEST

static void log_has(int line, const char *key, const struct buf *bytes)
{
    uint8_t digest[DIGEST_LEN];
    char hex[DIGEST_HEX];
    sha256(bytes, digest);
    hex_encode(digest, DIGEST_LEN, hex);
    change_field(line, key, json_string(hex));
}

static void one_is_hidden(void) { change_fix.e.authorisations.n = 1; }
static void one_is_repeated(void) { repeat(&change_fix.e.authorisations); }
static void one_after_the_plan(void) { change_record(AUTHORISE_2)->seq = 99; }
static void one_is_not_logged(void) { change_record(AUTHORISE_2)->type = RECORD_TIME; }

static void none_at_all(void)
{
    change_record(AUTHORISE_1)->type = change_record(AUTHORISE_2)->type = RECORD_TIME;
    change_fix.e.authorisations.n = 0;
}

static void one_officer_twice(void)
{
    struct evidence_signature *v = change_fix.e.authorisations.v;
    copy(&v[1].certificate, &v[0].certificate);
    copy(&v[1].cms, &v[0].cms);
    log_has(AUTHORISE_2, "officer", &v[0].certificate);
    log_has(AUTHORISE_2, "signature", &v[0].cms);
}

static void signed_by_another(void)
{
    struct evidence_signature *v = change_fix.e.authorisations.v;
    copy(&v[0].cms, &v[1].cms);
    log_has(AUTHORISE_1, "signature", &v[0].cms);
}

static void signature_cut_off(void)
{
    struct evidence_signature *v = change_fix.e.authorisations.v;
    v[0].cms.len--;
    log_has(AUTHORISE_1, "signature", &v[0].cms);
}

static void officers_expired(void)
{
    for (int i = AUTHORISE_1; i <= ISSUED; i++)
        change_record(i)->time += YEARS;
    change_fix.f.plan_header.expires += YEARS;
}

START_TEST(authorisations)
{
    static const struct change all[] = {{one_is_hidden, E_EVIDENCE_CONTENT, "authorisation 2: it is not there"},
                                        {one_is_repeated, E_EVIDENCE_CONTENT, "not those of the log"},
                                        {one_after_the_plan, E_EVIDENCE_CONTENT, "authorisation 2: it is not there, or came after"},
                                        {one_is_not_logged, E_EVIDENCE_CONTENT, "not those of the log"},
                                        {none_at_all, E_EVIDENCE_CONTENT, "not those of the log"},
                                        {one_officer_twice, E_EVIDENCE_CONTENT, "not those of the log"},
                                        {signed_by_another, E_OFFICER_SIGNATURE, "authorisation 1"},
                                        {signature_cut_off, E_OFFICER_SIGNATURE, "authorisation 1"},
                                        {officers_expired, E_OFFICER, "authorisation 1"}};
    EXPECT_ALL(all);
}
END_TEST

Suite *suite_evidence_people(void)
{
    Suite *s = suite_create("evidence_people");
    TCase *c = tcase_create("evidence_people");
    tcase_add_checked_fixture(c, change_set_up, change_tear_down);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, persons_of_the_policy);
    tcase_add_test(c, approvals);
    tcase_add_test(c, authorisations);
    suite_add_tcase(s, c);
    return s;
}
