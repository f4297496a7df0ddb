/* The policy table: look-ups and names. */
#include "expect.h"
#include "sample_policy.h"

START_TEST(look_ups)
{
    struct sample_policy f;
    sample_policy_make(&f);
    const struct policy *p = &f.policy;
    ck_assert_ptr_eq(policy_authority_find(p, "south"), &f.authorities[1]);
    ck_assert_ptr_null(policy_authority_find(p, "sout"));
    ck_assert_ptr_eq(policy_ra_find(p, "ra-2"), &f.ras[1]);
    ck_assert_ptr_null(policy_ra_find(p, ""));
    ck_assert_ptr_eq(policy_profile_find(&f.authorities[0], "device"), &f.profiles[1]);
    ck_assert_ptr_null(policy_profile_find(&f.authorities[1], "device"));
    ck_assert_ptr_eq(policy_service_find(&f.authorities[0], "revoke"), &f.services[1]);
    ck_assert_ptr_null(policy_service_find(&f.authorities[0], "renew"));
    ck_assert_ptr_eq(policy_reason_find(&f.authorities[0], POLICY_BY_OPERATOR, "fee"), &f.reasons[1]);
    ck_assert_ptr_null(policy_reason_find(&f.authorities[0], POLICY_BY_SUBSCRIBER, "fee"));
    ck_assert_ptr_null(policy_reason_find(&f.authorities[0], POLICY_BY_OPERATOR, "fe"));
    ck_assert_ptr_null(policy_reason_find(&f.authorities[1], POLICY_BY_OPERATOR, "fee"));
    ck_assert_ptr_eq(policy_key_find(p, "second"), &f.keys[1]);
    ck_assert_ptr_eq(policy_key_find(p, "log"), &p->log_key);
    ck_assert_ptr_eq(policy_key_find(p, "bundle"), &p->bundle_key);
    ck_assert_ptr_null(policy_key_find(p, "rootx"));
    ck_assert_ptr_eq(policy_officer_find(p, "o-2"), &f.officers[1]);
    ck_assert_ptr_null(policy_officer_find(p, "p-1"));
    ck_assert_ptr_eq(policy_person_find(p, "p-2"), &f.persons[1]);
    ck_assert_ptr_null(policy_person_find(p, "o-1"));
    ck_assert_ptr_null(policy_person_find(p, ""));
}
END_TEST

START_TEST(keys_by_number)
{
    struct sample_policy f;
    sample_policy_make(&f);
    const struct policy *p = &f.policy;
    f.authorities[0].keys_n = 0; /* one without keys is passed over */
    f.authorities[1].keys = f.keys;
    f.authorities[1].keys_n = 2;
    ck_assert_ptr_eq(policy_key_at(p, 0), &p->log_key);
    ck_assert_ptr_eq(policy_key_at(p, 1), &p->bundle_key);
    ck_assert_ptr_eq(policy_key_at(p, 2), &f.keys[0]);
    ck_assert_ptr_eq(policy_key_at(p, 3), &f.keys[1]);
    ck_assert_ptr_null(policy_key_at(p, 4));
    ck_assert_ptr_null(policy_key_at(p, SIZE_MAX));
}
END_TEST

START_TEST(keys_that_sign_certificates)
{
    struct sample_policy f;
    sample_policy_make(&f);
    const struct policy *p = &f.policy;
    ck_assert(!policy_key_is_ca(p, &p->log_key));
    ck_assert(!policy_key_is_ca(p, &p->bundle_key));
    ck_assert(policy_key_is_ca(p, &f.keys[0]));
    ck_assert(!policy_key_is_ca(p, &f.keys[1])); /* answers for OCSP */
    f.authorities[0].ocsp_key = NULL;
    ck_assert(policy_key_is_ca(p, &f.keys[1]));
    f.authorities[0].seals.key = "second";
    ck_assert(!policy_key_is_ca(p, &f.keys[1]));
}
END_TEST

START_TEST(issuers_of_keys)
{
    struct sample_policy f;
    sample_policy_make(&f);
    const struct policy *p = &f.policy;
    ck_assert_ptr_null(policy_key_issuer(p, &p->log_key));
    ck_assert_ptr_null(policy_key_issuer(p, &f.keys[0]));
    ck_assert_ptr_eq(policy_key_issuer(p, &f.keys[1]), &f.keys[0]); /* answers for the key that the profiles name */
    f.authorities[0].profiles_n = 0;
    ck_assert_ptr_null(policy_key_issuer(p, &f.keys[1]));
    f.authorities[0].ocsp_key = NULL;
    f.keys[0].issuer = "second"; /* a sub-CA */
    ck_assert_ptr_eq(policy_key_issuer(p, &f.keys[0]), &f.keys[1]);
    ck_assert_ptr_null(policy_key_issuer(p, &f.keys[1]));
    f.keys[0].issuer = "nobody";
    ck_assert_ptr_null(policy_key_issuer(p, &f.keys[0]));
}
END_TEST

/* The first key of its own may be one that signs nothing yet. */
START_TEST(responder_of_the_second_ca)
{
    struct sample_policy f;
    sample_policy_make(&f);
    struct policy_key keys[3] = {f.keys[0], f.keys[0], f.keys[1]};
    keys[0].name = "idle";
    f.authorities[0].keys = keys;
    f.authorities[0].keys_n = 3;
    ck_assert_ptr_eq(policy_key_issuer(&f.policy, &keys[2]), &keys[1]);
}
END_TEST

START_TEST(names_go_both_ways)
{
    for (int i = POLICY_ENTRY; i <= POLICY_REVIEW; i++) {
        enum policy_role back = (enum policy_role)(1 - i);
        ck_assert(policy_role_by_name(policy_role_name((enum policy_role)i), &back));
        ck_assert_int_eq((int)back, i);
    }
    for (int i = 0; i < POLICY_BY_COUNT; i++) {
        enum policy_by back = POLICY_BY_COUNT;
        ck_assert(policy_by_by_name(policy_by_name((enum policy_by)i), &back));
        ck_assert_int_eq((int)back, i);
    }
    ck_assert_str_eq(policy_by_name(POLICY_BY_COUNT), "?");
    for (int i = POLICY_PERSON; i <= POLICY_DEVICE; i++) {
        enum policy_kind back = (enum policy_kind)((i + 1) % 3);
        ck_assert(policy_kind_by_name(policy_kind_name((enum policy_kind)i), &back));
        ck_assert_int_eq((int)back, i);
    }
    for (int i = POLICY_VENDOR_GENERIC; i <= POLICY_VENDOR_SOFTHSM_SM2; i++) {
        enum policy_vendor back = (enum policy_vendor)((i + 1) % 7);
        ck_assert(policy_vendor_by_name(policy_vendor_name((enum policy_vendor)i), &back));
        ck_assert_int_eq((int)back, i);
    }
    for (int i = POLICY_UTF8; i <= POLICY_PRINTABLE; i++) {
        enum policy_string back = (enum policy_string)(1 - i);
        ck_assert(policy_string_by_name(policy_string_name((enum policy_string)i), &back));
        ck_assert_int_eq((int)back, i);
    }
    ck_assert_str_eq(policy_vendor_name(POLICY_VENDOR_SOFTHSM_SM2), "softhsm-sm2");
    ck_assert_str_eq(policy_role_name((enum policy_role)99), "?");
    enum policy_role role = POLICY_REVIEW;
    ck_assert(!policy_role_by_name("?", &role));
    ck_assert(!policy_role_by_name("Entry", &role));
    ck_assert_int_eq((int)role, POLICY_REVIEW);
    enum policy_kind kind = POLICY_DEVICE;
    ck_assert(!policy_kind_by_name("", &kind));
    enum policy_vendor vendor = POLICY_VENDOR_IBM;
    ck_assert(!policy_vendor_by_name("softhsm", &vendor));
    enum policy_string string = POLICY_UTF8;
    ck_assert(!policy_string_by_name("UTF8", &string));
}
END_TEST

START_TEST(key_usages)
{
    /* RFC 5280 4.2.1.3, bits 0 to 8, as OpenSSL numbers them. */
    static const char *const order[] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                                        "dataEncipherment", "keyAgreement",   "keyCertSign",
                                        "cRLSign",          "encipherOnly",   "decipherOnly"};
    static const uint32_t bits[] = {0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01, 0x8000};
    for (size_t i = 0; i < 9; i++) {
        ck_assert_uint_eq(policy_usage_by_name(order[i]), bits[i]);
        ck_assert_str_eq(policy_usage_name(bits[i]), order[i]);
    }
    ck_assert_uint_eq(policy_usage_by_name("DigitalSignature"), 0);
    ck_assert_ptr_null(policy_usage_name(0xc0));
    ck_assert_ptr_null(policy_usage_name(0));
}
END_TEST

START_TEST(reason_codes)
{
    /* RFC 5280 5.3.1; those with no name here are not for the end entities of a policy. */
    static const char *const order[] = {"unspecified", "keyCompromise", NULL, "affiliationChanged", "superseded",
                                        "cessationOfOperation", NULL, NULL, NULL, "privilegeWithdrawn", NULL, NULL};
    int code = -1;
    for (int i = 0; i < 12; i++) {
        if (order[i] == NULL) {
            ck_assert_ptr_null(policy_code_name(i));
            continue;
        }
        ck_assert_str_eq(policy_code_name(i), order[i]);
        ck_assert(policy_code_by_name(order[i], &code));
        ck_assert_int_eq(code, i);
    }
    code = -1;
    ck_assert_ptr_null(policy_code_name(-1));
    ck_assert(!policy_code_by_name("certificateHold", &code));
    ck_assert(!policy_code_by_name("KeyCompromise", &code));
    ck_assert_int_eq(code, -1);
}
END_TEST

START_TEST(periods)
{
    static const struct {
        struct policy_period period;
        const char *text;
    } rows[] = {{{1, 0, 0}, "1y"},
                {{0, 18, 0}, "18m"},
                {{0, 0, 90}, "90d"},
                {{1, 6, 2}, "1y6m2d"},
                {{0, 0, 0}, "0d"}};
    char text[40];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        policy_period_format(&rows[i].period, text, sizeof text);
        ck_assert_str_eq(text, rows[i].text);
    }
    policy_period_format(&rows[3].period, text, 4);
    ck_assert_str_eq(text, "1y6");
}
END_TEST

Suite *suite_policy(void);

Suite *suite_policy(void)
{
    Suite *s = suite_create("policy");
    TCase *t = tcase_create("policy");
    tcase_add_test(t, look_ups);
    tcase_add_test(t, keys_by_number);
    tcase_add_test(t, keys_that_sign_certificates);
    tcase_add_test(t, issuers_of_keys);
    tcase_add_test(t, responder_of_the_second_ca);
    tcase_add_test(t, names_go_both_ways);
    tcase_add_test(t, key_usages);
    tcase_add_test(t, reason_codes);
    tcase_add_test(t, periods);
    suite_add_tcase(s, t);
    return s;
}
