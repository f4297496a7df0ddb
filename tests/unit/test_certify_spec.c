/* What the steps of a ceremony that certify will sign, from their words; under the shipped policy. */
#include <string.h>

#include "core/clock.h"
#include "expect.h"
#include "room/certify_spec.h"

Suite *suite_certify_spec(void);

static struct diag d;
static struct certify_spec spec;
static const char *keys[2 * CERTIFY_MAX];
static struct script_step step;

static void set_up(void)
{
    d = (struct diag){0};
    step = (struct script_step){.n = 4, .keys = keys, .keys_n = 1, .key_by = "netca-root-rsa"};
    keys[0] = "smartca-root-sm2";
}

static int64_t second(const char *text)
{
    int64_t t;
    ck_assert(clock_parse(text, &t));
    return t;
}

START_TEST(anchors)
{
    step.keys_n = 2;
    keys[1] = "netca-root-rsa";
    expect_ok_diag(certify_spec_root(&step, &spec, &d), &d);
    ck_assert_uint_eq(spec.n, 2);
    for (size_t i = 0; i < 2; i++) { /* in the policy's order */
        ck_assert_int_eq(spec.v[i].kind, CERTIFY_ANCHOR);
        ck_assert_ptr_eq(spec.v[i].ca, spec.v[i].subject);
    }
    step.keys = NULL;
    step.keys_n = 0;
    size_t n = 0;
    while (policy_key_at(&policy_table, n) != NULL)
        n++;
    expect_ok_diag(certify_spec_root(&step, &spec, &d), &d);
    ck_assert_uint_eq(spec.n, n);
}
END_TEST

START_TEST(crosses)
{
    expect_ok_diag(certify_spec_cross(&step, &spec, &d), &d);
    ck_assert_uint_eq(spec.n, 1);
    ck_assert_int_eq(spec.v[0].kind, CERTIFY_CROSS);
    ck_assert_str_eq(spec.v[0].subject->name, "smartca-root-sm2");
    ck_assert_str_eq(spec.v[0].ca->name, "netca-root-rsa");
    ck_assert_int_eq(spec.v[0].until, 0);
    step.expect.until = "2031";
    expect_ok_diag(certify_spec_cross(&step, &spec, &d), &d);
    ck_assert_int_eq(spec.v[0].until, second("2031-12-31T23:59:59Z"));
    step.expect.until = "2031-02-03";
    expect_ok_diag(certify_spec_cross(&step, &spec, &d), &d);
    ck_assert_int_eq(spec.v[0].until, second("2031-02-03T23:59:59Z"));
}
END_TEST

static void refused(const char *what)
{
    d = (struct diag){0};
    expect_err(certify_spec_cross(&step, &spec, &d), E_SCRIPT);
    ck_assert_str_eq(d.text, what);
}

START_TEST(no_crosses)
{
    step.expect.until = "tomorrow";
    refused("step 4: expect.until: \"tomorrow\" is neither a year nor a day");
    step.expect.until = "2031-02-03T";
    refused("step 4: expect.until: \"2031-02-03T\" is neither a year nor a day");
    step.expect.until = NULL;
    keys[0] = "netca-root-rsa";
    refused("step 4: netca-root-rsa certifies itself already");
    keys[0] = "nobody";
    refused("step 4: the policy has no key nobody");
    keys[0] = "rootseal-log";
    refused("step 4: rootseal-log is no root");
    step.keys_n = 0;
    refused("step 4: it names no key to certify");
    step.key_by = "rootseal-log";
    refused("step 4: rootseal-log is no root");
    step.key_by = NULL;
    refused("step 4: the policy has no key that signs");
}
END_TEST

/* The file is of certificates that can be read in one sitting, in a table of that size. */
START_TEST(too_many)
{
    for (size_t i = 0; i < CERTIFY_MAX + 1; i++)
        keys[i] = "smartca-root-sm2";
    step.keys_n = CERTIFY_MAX;
    expect_ok_diag(certify_spec_cross(&step, &spec, &d), &d);
    ck_assert_uint_eq(spec.n, CERTIFY_MAX);
    step.keys_n++;
    refused("step 4: more than 128 certificates");
}
END_TEST

START_TEST(sub_cas)
{
    static const struct request_subject request;
    step = (struct script_step){.n = 4, .key_by = "netca-root-rsa", .expect = {.subject = "CN=Elsewhere", .until = "2031"}};
    expect_ok_diag(certify_spec_sub_ca(&step, &request, &spec, &d), &d);
    ck_assert_uint_eq(spec.n, 1);
    ck_assert_int_eq(spec.v[0].kind, CERTIFY_SUB_CA);
    ck_assert_ptr_eq(spec.v[0].request, &request);
    ck_assert_ptr_null(spec.v[0].subject);
    ck_assert_int_eq(spec.v[0].until, second("2031-12-31T23:59:59Z"));
    step.expect.until = "soon";
    expect_err(certify_spec_sub_ca(&step, &request, &spec, &d), E_SCRIPT);
    step.expect.until = NULL;
    expect_err(certify_spec_sub_ca(&step, &request, &spec, &d), E_SCRIPT);
    ck_assert_str_eq(d.text, "step 4: expect must say subject and until");
    step.expect = (struct script_expect){.until = "2031"};
    expect_err(certify_spec_sub_ca(&step, &request, &spec, &d), E_SCRIPT);
    step.key_by = "rootseal-bundle";
    expect_err(certify_spec_sub_ca(&step, &request, &spec, &d), E_SCRIPT);
    ck_assert_str_eq(d.text, "step 4: rootseal-bundle is no root");
}
END_TEST

Suite *suite_certify_spec(void)
{
    Suite *s = suite_create("certify_spec");
    TCase *t = tcase_create("certify_spec");
    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, anchors);
    tcase_add_test(t, crosses);
    tcase_add_test(t, no_crosses);
    tcase_add_test(t, too_many);
    tcase_add_test(t, sub_cas);
    suite_add_tcase(s, t);
    return s;
}
