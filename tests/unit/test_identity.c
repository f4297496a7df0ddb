/* The identity extensions: written, read again by the lint and by what the officers are shown. */
#include <check.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "core/digest.h"
#include "expect.h"
#include "help_pki.h"
#include "pki/identity.h"
#include "pki/key.h"
#include "pki/lint_identity.h"
#include "pki/show.h"
#include "pki/tbs.h"

Suite *suite_identity(void);

#define NOW INT64_C(1772323200) /* 2026-03-01T00:00:00Z */

static struct policy_identity_rule rules[POLICY_IDENTITY_COUNT];
static struct policy_profile profile;
static struct diag d;

/* Every field, nothing required, nothing checked. */
static void set_up(void)
{
    for (int f = 0; f < POLICY_IDENTITY_COUNT; f++)
        rules[f] = (struct policy_identity_rule){.field = f, .clause = policy_identity_name(f)};
    profile = (struct policy_profile){.name = "p", .clause = "rule p", .identity = rules,
                                      .identity_n = POLICY_IDENTITY_COUNT};
}

static struct identity one(enum policy_identity field, const char *value)
{
    struct identity i = {0};
    snprintf(i.value[field], sizeof i.value[field], "%s", value);
    return i;
}

static enum err take(const struct identity *i, bool override, unsigned *wrong, struct buf *out)
{
    d = (struct diag){0};
    enum err e = identity_from_request(i, &profile, NOW, override, out, wrong, &d);
    ck_assert_int_eq(d.code, e);
    for (int f = 0; f < POLICY_IDENTITY_COUNT; f++) /* a diag holds no number */
        ck_assert(i->value[f][0] == '\0' || strstr(d.text, i->value[f]) == NULL);
    return e;
}

static enum err check(enum policy_identity field, const char *value)
{
    struct buf out = {0};
    unsigned wrong;
    struct identity i = one(field, value);
    enum err e = take(&i, false, &wrong, &out);
    buf_free(&out);
    return e;
}

static void expect_bytes(const struct identity *i, const char *hex)
{
    struct buf out = {0}, want = {0};
    unsigned wrong;
    expect_ok_diag(take(i, false, &wrong, &out), &d);
    help_hex(hex, &want);
    ck_assert_uint_eq(out.len, want.len);
    if (want.len > 0)
        ck_assert_mem_eq(out.data, want.data, want.len);
    buf_free(&out);
    buf_free(&want);
}

/* 1.2.156.10260.4.1.N */
#define OID(n) "0608" "2A811CD014" "0401" #n

START_TEST(the_bytes)
{
    struct identity i = one(POLICY_RESIDENT_ID, "1X");
    expect_bytes(&i, "3012" OID(01) "0406" "A004" "13023158");
    profile.identity_implicit = true;
    expect_bytes(&i, "3010" OID(01) "0404" "80023158");
    i = one(POLICY_MILITARY_ID, "\xe5\x86\x9b");
    expect_bytes(&i, "3011" OID(01) "0405" "8103E5869B");
    profile.identity_implicit = false;
    expect_bytes(&i, "3013" OID(01) "0407" "A105" "0C03E5869B");
    i = one(POLICY_PASSPORT, "E1");
    expect_bytes(&i, "3012" OID(01) "0406" "A204" "13024531");
    i = one(POLICY_INSURANCE, "1");
    snprintf(i.value[POLICY_REGISTRATION], 9, "2");
    snprintf(i.value[POLICY_ORGANIZATION_CODE], 9, "3");
    snprintf(i.value[POLICY_TAXATION], 9, "4");
    expect_bytes(&i, "300F" OID(02) "0403130131" "300F" OID(03) "0403130132" "300F" OID(04) "0403130133"
                     "300F" OID(05) "0403130134");
    i = (struct identity){0};
    expect_bytes(&i, "");
}
END_TEST

START_TEST(which_fields)
{
    struct identity i = one(POLICY_RESIDENT_ID, "1");
    struct buf out = {0};
    unsigned wrong;
    snprintf(i.value[POLICY_PASSPORT], 9, "2");
    expect_err(take(&i, false, &wrong, &out), E_IDENTITY_FIELD);
    ck_assert_str_eq(d.clause, "passport");
    profile.identity = &rules[POLICY_INSURANCE]; /* and no IdentifyCode */
    profile.identity_n = 2;
    expect_err(check(POLICY_PASSPORT, "E1"), E_IDENTITY_FIELD);
    ck_assert_str_eq(d.clause, "rule p");
    expect_err(check(POLICY_TAXATION, "1"), E_IDENTITY_FIELD);
    expect_ok_diag(check(POLICY_REGISTRATION, "1"), &d);
    rules[POLICY_INSURANCE].required = true;
    expect_err(check(POLICY_REGISTRATION, "1"), E_IDENTITY_MISSING);
    ck_assert_str_eq(d.clause, "insurance");
    expect_ok_diag(check(POLICY_INSURANCE, "1"), &d);
    profile.identity_n = 0;
    expect_err(check(POLICY_INSURANCE, "1"), E_IDENTITY_FIELD);
    buf_free(&out);
}
END_TEST

/* Any of the three makes IdentifyCode. */
START_TEST(a_required_identify_code)
{
    for (int f = 0; f <= POLICY_PASSPORT; f++)
        rules[f].required = true;
    for (int f = 0; f <= POLICY_PASSPORT; f++)
        expect_ok_diag(check(f, "1"), &d);
    expect_err(check(POLICY_INSURANCE, "1"), E_IDENTITY_MISSING);
    ck_assert_str_eq(d.clause, "resident-id");
}
END_TEST

START_TEST(characters)
{
    static const char *const bad[] = {" 1", "1 ", "1  2", "1_2", "1*2", "1\n", "\xe5\x86\x9b", "1\x7f", "\x80"};
    static const char *const bad_text[] = {" 1", "1 ", "1  2", "1\n", "1\x7f", "\x80", "1\xe2\x80\xae" "2",
                                           "\xe3\x85\xa4"};
    for (int f = 0; f < POLICY_IDENTITY_COUNT; f++)
        for (size_t i = 0; i < sizeof bad / sizeof bad[0] && f != POLICY_MILITARY_ID; i++)
            expect_err(check(f, bad[i]), E_IDENTITY_VALUE);
    for (size_t i = 0; i < sizeof bad_text / sizeof bad_text[0]; i++)
        expect_err(check(POLICY_MILITARY_ID, bad_text[i]), E_IDENTITY_VALUE);
    expect_ok_diag(check(POLICY_MILITARY_ID, "\xe5\x86\x9b\xe5\xad\x97\xe7\xac\xac" "2001 98_8*"), &d);
    expect_ok_diag(check(POLICY_PASSPORT, "E1 (a) '+,-./:=?"), &d);
}
END_TEST

START_TEST(check_digits_and_overrides)
{
    struct identity i = one(POLICY_RESIDENT_ID, "11010519491231002X");
    struct buf out = {0}, plain = {0};
    unsigned wrong;
    rules[POLICY_RESIDENT_ID].check = POLICY_CHECK_RESIDENT;
    rules[POLICY_ORGANIZATION_CODE].check = rules[POLICY_TAXATION].check = POLICY_CHECK_USCC;
    snprintf(i.value[POLICY_ORGANIZATION_CODE], 19, "91350100M000100Y43");
    expect_ok_diag(take(&i, false, &wrong, &plain), &d);
    ck_assert_uint_eq(wrong, 0);
    expect_ok_diag(take(&i, true, &wrong, &out), &d);
    ck_assert_uint_eq(wrong, 0);
    i.value[POLICY_RESIDENT_ID][17] = '1';
    expect_err(take(&i, false, &wrong, &out), E_IDENTITY_CHECK);
    ck_assert_str_eq(d.clause, "resident-id");
    buf_reset(&out);
    expect_ok_diag(take(&i, true, &wrong, &out), &d);
    ck_assert_uint_eq(wrong, 1u << POLICY_RESIDENT_ID);
    ck_assert_uint_eq(out.len, plain.len);
    i.value[POLICY_ORGANIZATION_CODE][17] = 'A';
    expect_ok_diag(take(&i, true, &wrong, &out), &d);
    ck_assert_uint_eq(wrong, 1u << POLICY_RESIDENT_ID | 1u << POLICY_ORGANIZATION_CODE);
    /* what is out of form is never let pass */
    i.value[POLICY_ORGANIZATION_CODE][17] = 'I';
    expect_err(take(&i, true, &wrong, &out), E_IDENTITY_VALUE);
    expect_err(check(POLICY_RESIDENT_ID, "110105202603030029"), E_IDENTITY_VALUE);
    expect_err(check(POLICY_TAXATION, "1"), E_IDENTITY_VALUE);
    buf_free(&out);
    buf_free(&plain);
}
END_TEST

/* -- the lint, on bytes that identity.c made and on others -- */

static void make_tbs(struct span extensions, struct buf *out)
{
    struct key key = {0};
    EVP_PKEY *pkey = help_key(KEY_SM2);
    expect_ok(key_from_pkey(pkey, &key, &d));
    const struct tbs_spec spec = {.serial = {(const uint8_t *)"\x12\x34\x56\x78\x9a\xbc\xde\xf0", 8},
                                  .issuer = {(const uint8_t *)"\x30\x00", 2},
                                  .subject = {(const uint8_t *)"\x30\x00", 2},
                                  .not_before = NOW,
                                  .not_after = NOW + 86400,
                                  .spki = buf_span(&key.spki),
                                  .ski = {key.ski, sizeof key.ski},
                                  .identity = extensions};
    expect_ok_diag(tbs_build(&spec, out, &d), &d);
    key_free(&key);
    EVP_PKEY_free(pkey);
}

static enum err lint(struct span extensions)
{
    struct buf tbs = {0};
    TBS_VIEW *v = NULL;
    make_tbs(extensions, &tbs);
    d = (struct diag){0};
    expect_ok_diag(tbs_view_parse(buf_span(&tbs), &v, &d), &d);
    enum err e = lint_identity(v, &profile, &d);
    tbs_view_free(v);
    buf_free(&tbs);
    return e;
}

static enum err lint_hex(const char *hex)
{
    struct buf bytes = {0};
    help_hex(hex, &bytes);
    enum err e = lint(buf_span(&bytes));
    buf_free(&bytes);
    expect_seen(e);
    return e;
}

START_TEST(lint_agrees)
{
    for (int tagging = 0; tagging < 2; tagging++)
        for (int f = 0; f < POLICY_IDENTITY_COUNT; f++) {
            struct buf out = {0};
            unsigned wrong;
            struct identity i = one(f, f == POLICY_MILITARY_ID ? "\xe5\x86\x9b 1" : "E12 (3)");
            profile.identity_implicit = tagging == 1;
            expect_ok_diag(take(&i, false, &wrong, &out), &d);
            expect_ok_diag(lint(buf_span(&out)), &d);
            profile.identity_implicit = tagging == 0;
            ck_assert_int_eq(lint(buf_span(&out)), f <= POLICY_PASSPORT ? E_LINT : E_OK);
            buf_free(&out);
        }
    expect_ok_diag(lint_hex(""), &d);
}
END_TEST

START_TEST(lint_finds)
{
    static const char *const bad[] = {
        "3012" OID(01) "0406" "A304" "13023158",                      /* another choice */
        "3012" OID(01) "0406" "A004" "0C023158",                      /* another string type */
        "3012" OID(01) "0406" "A104" "13023158",                      /* and for the military card */
        "3012" OID(01) "0406" "A004" "1302315F",                      /* '_' is no character of it */
        "3012" OID(01) "0406" "A004" "13022031",                      /* a blank in front */
        "3010" OID(01) "0404" "A0021300",                             /* empty */
        "3014" OID(01) "0408" "A004" "13023158" "0500",               /* bytes behind it */
        "3013" OID(01) "0407" "A00513810231" "58",                    /* a length that is not minimal */
        "3015" OID(01) "0101FF" "0406" "A004" "13023158",             /* critical */
        "3012" OID(01) "0406" "A004" "13023158" "3012" OID(01) "0406" "A204" "13023158", /* twice */
        "300F" OID(02) "04030C0131",                                  /* UTF8String */
        "300F" OID(05) "040313015F",
        "3013" OID(01) "0407" "A105" "0C03E280AE",                    /* turns the line around */
        "300E" OID(03) "04021300",
        "3010" OID(03) "040413023120",                                /* a blank at the end */
        "3011" OID(03) "04051303310032",                              /* a NUL */
        "3012" OID(01) "0406" "A103" "0C0131" "00",                   /* bytes behind the choice */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(lint_hex(bad[i]) == E_LINT, "%zu", i);
    char text[200] = "3051" OID(05) "04451343"; /* 67 characters */
    while (strlen(text) < 2 * (0x51 + 2))
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s", "31");
    expect_err(lint_hex(text), E_LINT);
    expect_ok_diag(lint_hex("300F" OID(05) "0403130131"), &d);
    profile.identity_n = POLICY_TAXATION;
    expect_err(lint_hex("300F" OID(05) "0403130131"), E_LINT);
    ck_assert_str_eq(d.clause, "rule p");
    rules[POLICY_ORGANIZATION_CODE].required = true;
    expect_err(lint_hex(""), E_LINT);
    ck_assert_str_eq(d.clause, "organization-code");
    expect_ok_diag(lint_hex("300F" OID(04) "0403130131"), &d);
    rules[POLICY_ORGANIZATION_CODE].check = POLICY_CHECK_USCC;
    expect_err(lint_hex("300F" OID(04) "0403130131"), E_LINT);
    rules[POLICY_ORGANIZATION_CODE].required = false;
    rules[POLICY_PASSPORT].required = true;
    expect_err(lint_hex(""), E_LINT);
    expect_ok_diag(lint_hex("3012" OID(01) "0406" "A004" "13023158"), &d);
    rules[POLICY_RESIDENT_ID].check = POLICY_CHECK_RESIDENT;
    expect_err(lint_hex("3012" OID(01) "0406" "A004" "13023158"), E_LINT);
}
END_TEST

START_TEST(the_numbers_of_the_extensions)
{
    static const char *const oids[] = {"1.2.156.10260.4.1.1",  "1.2.156.10260.4.1.5", "1.2.156.10260.4.1.6",
                                       "1.2.156.10260.4.1.0",  "1.2.156.10260.4.1",   "1.2.156.10260.4.1.1.1",
                                       "1.2.156.10260.4.1.11", "1.2.156.10260.4.2.1", "2.5.29.17"};
    for (size_t i = 0; i < sizeof oids / sizeof oids[0]; i++) {
        ASN1_OBJECT *o = OBJ_txt2obj(oids[i], 1);
        ck_assert_msg(lint_identity_is(o) == (i < 2), "%s", oids[i]);
        ASN1_OBJECT_free(o);
    }
}
END_TEST

/* -- what the officers are shown -- */

static void expect_shown(const char *hex, const char *text)
{
    struct buf extensions = {0}, tbs = {0}, out = {0};
    help_hex(hex, &extensions);
    make_tbs(buf_span(&extensions), &tbs);
    expect_ok_diag(show_tbs(buf_span(&tbs), &out, &d), &d);
    buf_append_byte(&out, '\0');
    ck_assert_msg(strstr((char *)out.data, text) != NULL, "%s", (char *)out.data);
    buf_free(&extensions);
    buf_free(&tbs);
    buf_free(&out);
}

START_TEST(shown)
{
    expect_shown("3012" OID(01) "0406" "A004" "13023158", "identifyCode\n        resident identity card: 1X\n");
    expect_shown("3010" OID(01) "0404" "80023158", "identifyCode\n        resident identity card, IMPLICIT: 1X\n");
    expect_shown("3013" OID(01) "0407" "A105" "0C03E5869B", "        military officer card: \\u{519B}\n");
    expect_shown("3012" OID(01) "0406" "A204" "13024531", "        passport: E1\n");
    expect_shown("300F" OID(02) "0403130131", "insuranceNumber\n        1\n");
    expect_shown("300F" OID(03) "0403130131", "icRegistrationNumber\n        1\n");
    expect_shown("300F" OID(04) "0403130131", "organizationCode\n        1\n");
    expect_shown("300F" OID(05) "0403130131", "taxationNumber\n        1\n");
    /* in another form they are bytes */
    expect_shown("300F" OID(05) "04030C0131", "taxationNumber\n        hex:0c0131\n");
    expect_shown("3012" OID(01) "0406" "A004" "0C023158", "identifyCode\n        hex:a0040c023158\n");
    expect_shown("3012" OID(01) "0406" "A304" "13023158", "identifyCode\n        hex:a30413023158\n");
    expect_shown("3014" OID(01) "0408" "A004" "13023158" "0500", "identifyCode\n        hex:a004130231580500\n");
    expect_shown("300C" OID(01) "0400", "identifyCode\n        hex:\n");
}
END_TEST

Suite *suite_identity(void)
{
    Suite *s = suite_create("identity");
    TCase *t = tcase_create("identity");
    tcase_add_checked_fixture(t, set_up, NULL);
    tcase_add_test(t, the_bytes);
    tcase_add_test(t, which_fields);
    tcase_add_test(t, a_required_identify_code);
    tcase_add_test(t, characters);
    tcase_add_test(t, check_digits_and_overrides);
    tcase_add_test(t, lint_agrees);
    tcase_add_test(t, lint_finds);
    tcase_add_test(t, the_numbers_of_the_extensions);
    tcase_add_test(t, shown);
    suite_add_tcase(s, t);
    return s;
}
