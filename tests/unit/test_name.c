#include <check.h>
#include <openssl/x509.h>
#include <stdarg.h>
#include <string.h>

#include "expect.h"
#include "help_batch.h"
#include "pki/name.h"

Suite *suite_name(void);

#define CLAUSE "the profile"

/* Rules of every kind, in an order that no request uses. */
static const struct policy_attribute rules[] = {
    {"C", "CN", false, 2, POLICY_UTF8, "rule C"}, /* always a PrintableString */
    {"O", NULL, false, 10, POLICY_UTF8, "rule O"},
    {"OU", NULL, false, 10, POLICY_PRINTABLE, ""},
    {"CN", NULL, true, 5, POLICY_UTF8, "rule CN"},
    {"serialNumber", NULL, false, 6, POLICY_UTF8, "rule serialNumber"},
};
#define RULES (sizeof rules / sizeof rules[0])

static struct diag d;

static enum err build(const X509_NAME *asked, struct buf *out)
{
    d = (struct diag){0};
    enum err e = name_from_request(asked, rules, RULES, CLAUSE, out, &d);
    ck_assert_int_eq(d.code, e);
    return e;
}

/* The name must be the DER that OpenSSL makes of these triples: type, string type, value. */
struct part {
    const char *type;
    int string;
    const char *value;
};

static void expect_name(const struct buf *got, const struct part *parts)
{
    X509_NAME *want = X509_NAME_new();
    uint8_t *der = NULL;
    for (; parts->type != NULL; parts++)
        ck_assert_int_eq(X509_NAME_add_entry_by_txt(want, parts->type, parts->string,
                                                    (const uint8_t *)parts->value, -1, -1, 0),
                         1);
    int n = i2d_X509_NAME(want, &der);
    ck_assert_int_gt(n, 0);
    ck_assert_uint_eq(got->len, (size_t)n);
    ck_assert_mem_eq(got->data, der, (size_t)n);
    OPENSSL_free(der);
    X509_NAME_free(want);
}

START_TEST(the_rules_give_order_and_string_types)
{
    struct buf out = {0};
    X509_NAME *asked = name_make("serialNumber", "123-45", "CN", "\xe7\x8e\x8b\xe4\xba\x94", "OU",
                                 "Unit (1)", "C", "CN", "O", "Org, Ltd", NULL);
    expect_ok_diag(build(asked, &out), &d);
    expect_name(&out, (const struct part[]){{"C", V_ASN1_PRINTABLESTRING, "CN"},
                                            {"O", V_ASN1_UTF8STRING, "Org, Ltd"},
                                            {"OU", V_ASN1_PRINTABLESTRING, "Unit (1)"},
                                            {"CN", V_ASN1_UTF8STRING, "\xe7\x8e\x8b\xe4\xba\x94"},
                                            {"serialNumber", V_ASN1_PRINTABLESTRING, "123-45"},
                                            {0}});
    X509_NAME_free(asked);
    buf_free(&out);
}
END_TEST

START_TEST(optional_ones_may_be_missing_and_fixed_ones_are_added)
{
    struct buf out = {0};
    X509_NAME *asked = name_make("CN", "a", NULL);
    expect_ok_diag(build(asked, &out), &d);
    expect_name(&out, (const struct part[]){{"C", V_ASN1_PRINTABLESTRING, "CN"},
                                            {"CN", V_ASN1_UTF8STRING, "a"},
                                            {0}});
    X509_NAME_free(asked);
    buf_free(&out);
}
END_TEST

/* What is there already stays in front. */
START_TEST(the_name_is_appended)
{
    struct buf out = {0}, alone = {0};
    X509_NAME *asked = name_make("CN", "a", NULL);
    buf_append_str(&out, "before");
    expect_ok(build(asked, &out));
    expect_ok(build(asked, &alone));
    ck_assert_uint_eq(out.len, 6 + alone.len);
    ck_assert_mem_eq(out.data, "before", 6);
    ck_assert_mem_eq(out.data + 6, alone.data, alone.len);
    X509_NAME_free(asked);
    buf_free(&out);
    buf_free(&alone);
}
END_TEST

/* A name with this value in it, set behind the checks that adding by text makes; NULL when OpenSSL
 * takes no such value into a name at all. */
static X509_NAME *with_value(const char *type, int string, const void *value, int n)
{
    X509_NAME *name = strcmp(type, "CN") == 0 ? X509_NAME_new() : name_make("CN", "a", NULL);
    ASN1_STRING *s = ASN1_STRING_type_new(string);
    ck_assert_int_eq(ASN1_STRING_set(s, value, n), 1);
    X509_NAME_ENTRY *entry =
        X509_NAME_ENTRY_create_by_txt(NULL, type, V_ASN1_UTF8STRING, (const uint8_t *)"x", 1);
    ck_assert_ptr_nonnull(entry);
    ck_assert_int_eq(ASN1_STRING_copy(X509_NAME_ENTRY_get_data(entry), s), 1);
    if (X509_NAME_add_entry(name, entry, -1, 0) != 1 || i2d_X509_NAME(name, NULL) <= 0) {
        X509_NAME_free(name);
        name = NULL;
    }
    X509_NAME_ENTRY_free(entry);
    ASN1_STRING_free(s);
    return name;
}

/* The string types of X.520, each meaning "Wäng" or what it can hold. */
START_TEST(string_types_are_converted)
{
    static const struct {
        const char *value;
        int string, n;
        const char *want;
    } cases[] = {
        {"\0W\0\xe4\0n\0g", V_ASN1_BMPSTRING, 8, "W\xc3\xa4ng"},
        {"\x73\x8b\x4e\x94", V_ASN1_BMPSTRING, 4, "\xe7\x8e\x8b\xe4\xba\x94"},
        {"\0\0\0W\0\x02\0\x0b", V_ASN1_UNIVERSALSTRING, 8, "W\xf0\xa0\x80\x8b"},
        {"W\xe4ng", V_ASN1_T61STRING, 4, "W\xc3\xa4ng"},
        {"Wang", V_ASN1_PRINTABLESTRING, 4, "Wang"},
        {"Wang", V_ASN1_IA5STRING, 4, "Wang"},
        {"1234", V_ASN1_NUMERICSTRING, 4, "1234"},
        {"12 34", V_ASN1_NUMERICSTRING, 5, "12 34"},
        {"W\xc3\xa4ng", V_ASN1_UTF8STRING, 5, "W\xc3\xa4ng"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out = {0};
        X509_NAME *asked = with_value("CN", cases[i].string, cases[i].value, cases[i].n);
        expect_ok_diag(build(asked, &out), &d);
        expect_name(&out, (const struct part[]){{"C", V_ASN1_PRINTABLESTRING, "CN"},
                                                {"CN", V_ASN1_UTF8STRING, cases[i].want},
                                                {0}});
        X509_NAME_free(asked);
        buf_free(&out);
    }
}
END_TEST

static void expect_refused(X509_NAME *asked, enum err want, const char *clause)
{
    struct buf out = {0};
    ck_assert_ptr_nonnull(asked);
    expect_err(build(asked, &out), want);
    ck_assert_str_eq(d.clause, clause);
    ck_assert_str_ne(d.text, "");
    X509_NAME_free(asked);
    buf_free(&out);
}

START_TEST(broken_strings_are_refused)
{
    static const struct {
        int string;
        const char *value;
        int n;
        enum err want;
    } cases[] = {
        {V_ASN1_BIT_STRING, "Wang", 4, E_SUBJECT_VALUE},
        {V_ASN1_SEQUENCE, "\x30\x00", 2, E_SUBJECT_VALUE},
        {V_ASN1_UTF8STRING, "", 0, E_SUBJECT_VALUE},
        {V_ASN1_PRINTABLESTRING, "", 0, E_SUBJECT_VALUE},
        {V_ASN1_BMPSTRING, "", 0, E_SUBJECT_VALUE},
        {V_ASN1_UTF8STRING, "a\0b", 3, E_SUBJECT_CHARACTER},
        {V_ASN1_PRINTABLESTRING, "\0", 1, E_SUBJECT_VALUE},
        {V_ASN1_BMPSTRING, "\x20\x2e\0a", 4, E_SUBJECT_CHARACTER},
        {V_ASN1_T61STRING, "a\x85", 2, E_SUBJECT_CHARACTER},
        /* not of the type's alphabet: OpenSSL would read Latin-1 */
        {V_ASN1_PRINTABLESTRING, "W\xe4ng", 4, E_SUBJECT_VALUE},
        {V_ASN1_PRINTABLESTRING, "Wang*", 5, E_SUBJECT_VALUE},
        {V_ASN1_IA5STRING, "W\xe4ng", 4, E_SUBJECT_VALUE},
        {V_ASN1_NUMERICSTRING, "Wang", 4, E_SUBJECT_VALUE},
        {V_ASN1_NUMERICSTRING, "12-4", 4, E_SUBJECT_VALUE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) 
        expect_refused(with_value("CN", cases[i].string, cases[i].value, cases[i].n),
                       cases[i].want, "rule CN");
}
END_TEST

/* These never get into a name that OpenSSL holds; what reads a request sees to it first. */
START_TEST(broken_encodings_make_no_name)
{
    static const struct {
        const char *value;
        int string, n;
    } cases[] = {
        {"\0W\0", V_ASN1_BMPSTRING, 3},               /* half a character */
        {"\xd8\x00\xdc\x00", V_ASN1_BMPSTRING, 4},    /* surrogates */
        {"\0\x11\0\0", V_ASN1_UNIVERSALSTRING, 4},    /* beyond Unicode */
        {"a\xff", V_ASN1_UTF8STRING, 2},
        {"\xc0\xaf", V_ASN1_UTF8STRING, 2},
        {"W\xe4ng", V_ASN1_VISIBLESTRING, 4},
        {"Wang", V_ASN1_OCTET_STRING, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out = {0};
        X509_NAME *asked = with_value("CN", cases[i].string, cases[i].value, cases[i].n);
        if (asked != NULL) /* a later OpenSSL may be laxer */
            expect_err(build(asked, &out), E_SUBJECT_VALUE);
        X509_NAME_free(asked);
        buf_free(&out);
    }
}
END_TEST

START_TEST(attributes_beyond_the_rules)
{
    struct buf out = {0};
    expect_refused(name_make("CN", "a", "L", "here", NULL), E_SUBJECT_ATTRIBUTE, CLAUSE);
    expect_refused(name_make("emailAddress", "a@b", "CN", "a", NULL), E_SUBJECT_ATTRIBUTE, CLAUSE);
    /* a type OpenSSL has no name for */
    expect_refused(name_make("2.999.7", "a", "CN", "a", NULL), E_SUBJECT_ATTRIBUTE, CLAUSE);
    expect_refused(name_make("CN", "a", "CN", "a", NULL), E_SUBJECT_ATTRIBUTE, CLAUSE);
    expect_refused(name_make("CN", "a", "O", "x", "CN", "b", NULL), E_SUBJECT_ATTRIBUTE, CLAUSE);
    /* and no rules at all */
    X509_NAME *asked = name_make("CN", "a", NULL);
    expect_err(name_from_request(asked, rules, 0, CLAUSE, &out, &d), E_SUBJECT_ATTRIBUTE);
    X509_NAME_free(asked);
    buf_free(&out);
}
END_TEST

START_TEST(multi_valued_rdns)
{
    X509_NAME *asked = name_make("CN", "a", NULL);
    /* -1: into the RDN before */
    ck_assert_int_eq(X509_NAME_add_entry_by_txt(asked, "O", V_ASN1_UTF8STRING,
                                                (const uint8_t *)"x", -1, -1, -1),
                     1);
    expect_refused(asked, E_SUBJECT_ATTRIBUTE, CLAUSE);
    asked = name_make("OU", "u", "CN", "a", NULL);
    ck_assert_int_eq(X509_NAME_add_entry_by_txt(asked, "O", V_ASN1_UTF8STRING,
                                                (const uint8_t *)"x", -1, 0, 1),
                     1);
    expect_refused(asked, E_SUBJECT_ATTRIBUTE, CLAUSE);
}
END_TEST

START_TEST(required_ones)
{
    expect_refused(name_make("O", "x", NULL), E_SUBJECT_MISSING, "rule CN");
    X509_NAME *empty = X509_NAME_new();
    expect_refused(empty, E_SUBJECT_MISSING, "rule CN");
}
END_TEST

/* A rule without a clause of its own falls back on the profile's. */
START_TEST(required_by_the_profile)
{
    static const struct policy_attribute rule = {"O", NULL, true, 10, POLICY_UTF8, ""};
    struct buf out = {0};
    X509_NAME *empty = X509_NAME_new();
    expect_err(name_from_request(empty, &rule, 1, CLAUSE, &out, &d), E_SUBJECT_MISSING);
    ck_assert_str_eq(d.clause, CLAUSE);
    X509_NAME_free(empty);
    buf_free(&out);
}
END_TEST

START_TEST(fixed_values)
{
    static const char *const others[] = {"US", "cn", "Cn"};
    for (size_t i = 0; i < 3; i++)
        expect_refused(name_make("C", others[i], "CN", "a", NULL), E_SUBJECT_VALUE, "rule C");
    expect_refused(with_value("C", V_ASN1_PRINTABLESTRING, "C", 1), E_SUBJECT_VALUE, "rule C");
}
END_TEST

/* Characters count, not bytes. */
START_TEST(lengths)
{
    struct buf out = {0};
    X509_NAME *asked = name_make("CN", "\xf0\xa0\x80\x8b\xe7\x8e\x8b\xe7\x8e\x8b\xc3\xa4m", NULL);
    expect_ok_diag(build(asked, &out), &d);
    X509_NAME_free(asked);
    buf_free(&out);
    expect_refused(name_make("CN", "\xe7\x8e\x8b\xe7\x8e\x8b\xe7\x8e\x8b\xe7\x8e\x8b\xc3\xa4m",
                             NULL),
                   E_SUBJECT_VALUE, "rule CN");
    expect_refused(name_make("CN", "abcdef", NULL), E_SUBJECT_VALUE, "rule CN");
    expect_refused(name_make("CN", "a", "serialNumber", "1234567", NULL), E_SUBJECT_VALUE,
                   "rule serialNumber");
}
END_TEST

START_TEST(printable_strings)
{
    static const char *const good[] = {"aZ09", "' ()+,-./", ":=?"};
    static const char *const bad[] = {"a@b", "a_b", "a*b", "a&b", "\xc3\xa4"};
    for (size_t i = 0; i < 3; i++) {
        struct buf out = {0};
        X509_NAME *asked = name_make("CN", "a", "OU", good[i], NULL);
        expect_ok_diag(build(asked, &out), &d);
        X509_NAME_free(asked);
        buf_free(&out);
    }
    for (size_t i = 0; i < 5; i++) {
        int n = (int)strlen(bad[i]);
        /* a rule without a clause of its own falls back on the profile's */
        expect_refused(with_value("OU", V_ASN1_UTF8STRING, bad[i], n), E_SUBJECT_VALUE, CLAUSE);
        expect_refused(with_value("serialNumber", V_ASN1_UTF8STRING, bad[i], n), E_SUBJECT_VALUE,
                       "rule serialNumber");
    }
}
END_TEST

START_TEST(characters_that_deceive)
{
    static const char *const bad[] = {
        " a",           "a ",           "a  b",         " ",            "a\tb",
        "a\nb",         "a\x7f",        "a\xc2\x85",    "a\xc2\xa0"    "b", /* no-break space */
        "\xe2\x80\xae"  "a",            /* right-to-left override */
        "a\xe2\x80\x8b" "b",            /* zero-width space */
        "a\xe2\x81\xa6" "b",            /* bidirectional isolate */
        "a\xef\xbb\xbf",                /* byte order mark */
        "a\xe3\x80\x80" "b",            /* ideographic space */
        "a\xee\x80\x80",                /* private use */
        "a\xf3\xa0\x81\x81",            /* a tag */
        "a\xef\xb8\x8f",                /* a variation selector */
        "a\xef\xbf\xbf",                /* a noncharacter */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_refused(name_make("CN", bad[i], NULL), E_SUBJECT_CHARACTER, "rule CN");
    struct buf out = {0};
    X509_NAME *asked = name_make("CN", "a b c", NULL);
    expect_ok_diag(build(asked, &out), &d);
    X509_NAME_free(asked);
    buf_free(&out);
}
END_TEST

START_TEST(names_of_our_own)
{
    static const struct policy_attribute own[] = {
        {"C", "CN", false, 2, POLICY_UTF8, "rule C"},
        {"O", "\xe6\xb1\x9f\xe8\x8b\x8f", false, 10, POLICY_UTF8, "rule O"},
        {"CN", "Root 1", false, 10, POLICY_PRINTABLE, "rule CN"},
        {"OU", NULL, false, 10, POLICY_UTF8, "rule OU"}};
    struct buf out = {0};
    expect_ok_diag(name_from_rules(own, 3, &out, &d), &d);
    expect_name(&out, (const struct part[]){{"C", V_ASN1_PRINTABLESTRING, "CN"},
                                            {"O", V_ASN1_UTF8STRING, "\xe6\xb1\x9f\xe8\x8b\x8f"},
                                            {"CN", V_ASN1_PRINTABLESTRING, "Root 1"},
                                            {0}});
    buf_reset(&out);
    expect_ok(name_from_rules(own, 0, &out, &d));
    ck_assert_mem_eq(out.data, "\x30\x00", 2);
    buf_reset(&out);
    expect_err(name_from_rules(own, 4, &out, &d), E_SUBJECT_MISSING);
    buf_free(&out);
}
END_TEST

/* -- display -- */

static void expect_display(X509_NAME *name, const char *want)
{
    struct buf out = {0};
    buf_append_str(&out, "before ");
    name_display(name, &out);
    expect_ok(buf_err(&out));
    buf_append_byte(&out, '\0');
    ck_assert_mem_eq(out.data, "before ", 7);
    ck_assert_str_eq((const char *)out.data + 7, want);
    buf_free(&out);
    X509_NAME_free(name);
}

START_TEST(display)
{
    X509_NAME *empty = X509_NAME_new();
    expect_display(empty, "");
    expect_display(name_make("C", "CN", "O", "Org", "CN", "a b", NULL), "C=CN, O=Org, CN=a b");
    expect_display(name_make("CN", "a", "2.999.7", "x", NULL), "CN=a, 2.999.7=x");
    expect_display(name_make("CN", "\xe7\x8e\x8b", NULL), "CN=\\u{738B}");
    expect_display(name_make("CN", "a, O=Bank", NULL), "CN=a\\x{2C} O=Bank");
    expect_display(name_make("CN", "a\\x{2C} O=Bank", NULL), "CN=a\\\\x{2C} O=Bank");
    expect_display(name_make("CN", ",", NULL), "CN=\\x{2C}");
    expect_display(name_make("CN", "\n\x1b[2J\xe2\x80\xae", NULL), "CN=\\u{A}\\u{1B}[2J\\u{202E}");
    expect_display(with_value("CN", V_ASN1_BMPSTRING, "\0W\0\xe4", 4), "CN=W\\u{E4}");
    expect_display(with_value("CN", V_ASN1_UTF8STRING, "a\0b", 3), "CN=a\\u{0}b");
    expect_display(with_value("CN", V_ASN1_BIT_STRING, "ab", 2), "CN=\\x{61}\\x{62}");
    expect_display(with_value("CN", V_ASN1_UTF8STRING, " a  b ", 6), "CN=\\x{20}a  b\\x{20}");
    expect_display(with_value("CN", V_ASN1_UTF8STRING, " ", 1), "CN=\\x{20}");
    expect_display(with_value("CN", V_ASN1_UTF8STRING, "", 0), "CN=");
}
END_TEST

/* What a profile lets through is shown in full, down to the last character: 64 of them are RFC 5280's bound for O, OU
 * and CN. */
START_TEST(display_shows_what_the_rules_allow)
{
    char o[200] = "", cn[200] = "", want[3000] = "C=CN, O=";
    for (size_t i = 0; i < 64; i++) {
        memcpy(o + 3 * i, "\xe6\xb1\x9f", 3);
        memcpy(cn + 3 * i, i < 63 ? "\xe7\x8e\x8b" : "\xe4\xba\x94", 3);
        snprintf(want + strlen(want), sizeof want - strlen(want), "\\u{6C5F}");
    }
    snprintf(want + strlen(want), sizeof want - strlen(want), ", CN=");
    for (size_t i = 0; i < 64; i++)
        snprintf(want + strlen(want), sizeof want - strlen(want), "%s", i < 63 ? "\\u{738B}" : "\\u{4E94}");
    expect_display(name_make("C", "CN", "O", o, "CN", cn, NULL), want);
}
END_TEST

/* Bytes that are no UTF-8, and text of every length: nothing is cut and nothing is lost. */
START_TEST(text_of_every_length)
{
    static uint8_t value[700];
    struct buf out = {0};
    memset(value, 'x', sizeof value);
    for (size_t n = 0; n <= sizeof value; n++) {
        buf_reset(&out);
        name_display_text((struct span){value, n}, &out);
        expect_ok(buf_err(&out));
        ck_assert_uint_eq(out.len, n);
    }
    buf_reset(&out);
    name_display_text((struct span){(const uint8_t *)"\xff, \xe7\x8e", 5}, &out);
    ck_assert_uint_eq(out.len, 20);
    ck_assert_mem_eq(out.data, "\\x{FF}, \\x{E7}\\x{8E}", 20);
    buf_free(&out);
}
END_TEST

Suite *suite_name(void)
{
    Suite *s = suite_create("name");
    TCase *t = tcase_create("name");
    tcase_add_test(t, the_rules_give_order_and_string_types);
    tcase_add_test(t, optional_ones_may_be_missing_and_fixed_ones_are_added);
    tcase_add_test(t, the_name_is_appended);
    tcase_add_test(t, string_types_are_converted);
    tcase_add_test(t, broken_strings_are_refused);
    tcase_add_test(t, broken_encodings_make_no_name);
    tcase_add_test(t, attributes_beyond_the_rules);
    tcase_add_test(t, multi_valued_rdns);
    tcase_add_test(t, required_ones);
    tcase_add_test(t, required_by_the_profile);
    tcase_add_test(t, fixed_values);
    tcase_add_test(t, lengths);
    tcase_add_test(t, printable_strings);
    tcase_add_test(t, characters_that_deceive);
    tcase_add_test(t, names_of_our_own);
    tcase_add_test(t, display);
    tcase_add_test(t, display_shows_what_the_rules_allow);
    tcase_add_test(t, text_of_every_length);
    suite_add_tcase(s, t);
    return s;
}
