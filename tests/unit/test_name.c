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
        int string;
        const char *value;
        int n;
        const char *want;
    } cases[] = {
        {V_ASN1_BMPSTRING, "\0W\0\xe4\0n\0g", 8, "W\xc3\xa4ng"},
        {V_ASN1_BMPSTRING, "\x73\x8b\x4e\x94", 4, "\xe7\x8e\x8b\xe4\xba\x94"},
        {V_ASN1_UNIVERSALSTRING, "\0\0\0W\0\x02\0\x0b", 8, "W\xf0\xa0\x80\x8b"},
        {V_ASN1_T61STRING, "W\xe4ng", 4, "W\xc3\xa4ng"},
        {V_ASN1_PRINTABLESTRING, "Wang", 4, "Wang"},
        {V_ASN1_IA5STRING, "Wang", 4, "Wang"},
        {V_ASN1_NUMERICSTRING, "1234", 4, "1234"},
        {V_ASN1_UTF8STRING, "W\xc3\xa4ng", 5, "W\xc3\xa4ng"},
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
        {V_ASN1_PRINTABLESTRING, "\0", 1, E_SUBJECT_CHARACTER},
        {V_ASN1_BMPSTRING, "\x20\x2e\0a", 4, E_SUBJECT_CHARACTER},
        {V_ASN1_T61STRING, "a\x85", 2, E_SUBJECT_CHARACTER},
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
        int string;
        const char *value;
        int n;
    } cases[] = {
        {V_ASN1_BMPSTRING, "\0W\0", 3},               /* half a character */
        {V_ASN1_BMPSTRING, "\xd8\x00\xdc\x00", 4},    /* surrogates */
        {V_ASN1_UNIVERSALSTRING, "\0\x11\0\0", 4},    /* beyond Unicode */
        {V_ASN1_UTF8STRING, "a\xff", 2},
        {V_ASN1_UTF8STRING, "\xc0\xaf", 2},
        {V_ASN1_OCTET_STRING, "Wang", 4},
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

START_TEST(fixed_values)
{
    static const char *const others[] = {"US", "cn", "Cn"};
    for (size_t i = 0; i < 3; i++)
        expect_refused(name_make("C", others[i], "CN", "a", NULL), E_SUBJECT_VALUE, "rule C");
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
    char out[NAME_DISPLAY];
    name_display(name, out);
    ck_assert_str_eq(out, want);
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
    expect_display(with_value("CN", V_ASN1_BIT_STRING, "ab", 2), "CN=");
}
END_TEST

/* A long value is cut with dots, whatever is at the cut, and never beyond the array. */
START_TEST(display_of_long_names)
{
    static char value[700];
    char out[NAME_DISPLAY + 1];
    for (size_t n = NAME_DISPLAY - 12; n < NAME_DISPLAY + 12; n++) {
        memset(value, 'x', n);
        value[n] = '\0';
        X509_NAME *name = X509_NAME_new();
        X509_NAME_ENTRY *entry =
            X509_NAME_ENTRY_create_by_txt(NULL, "CN", V_ASN1_UTF8STRING, (const uint8_t *)"x", 1);
        ck_assert_int_eq(ASN1_STRING_set(X509_NAME_ENTRY_get_data(entry), value, (int)n), 1);
        ck_assert_int_eq(X509_NAME_add_entry(name, entry, -1, 0), 1);
        X509_NAME_ENTRY_free(entry);
        out[NAME_DISPLAY] = '#';
        name_display(name, out);
        ck_assert_int_eq(out[NAME_DISPLAY], '#');
        bool cut = n + 3 > NAME_DISPLAY - 1;
        ck_assert_uint_eq(strlen(out), cut ? NAME_DISPLAY - 1 : n + 3);
        ck_assert_int_eq(strcmp(out + strlen(out) - 3, "...") == 0, cut);
        X509_NAME_free(name);
    }
}
END_TEST

/* What a profile lets through must be shown in full: two subjects that differ must look different.
 * 64 characters are RFC 5280's bound for O, OU and CN. */
START_TEST(display_shows_what_the_rules_allow)
{
    char o[200] = "", one[200] = "", other[200] = "";
    char first[NAME_DISPLAY], second[NAME_DISPLAY];
    for (int i = 0; i < 40; i++)
        strcat(o, "\xe6\xb1\x9f");
    for (int i = 0; i < 30; i++) {
        strcat(one, "\xe7\x8e\x8b");
        strcat(other, i < 29 ? "\xe7\x8e\x8b" : "\xe4\xba\x94");
    }
    X509_NAME *a = name_make("C", "CN", "O", o, "CN", one, NULL);
    X509_NAME *b = name_make("C", "CN", "O", o, "CN", other, NULL);
    name_display(a, first);
    name_display(b, second);
    ck_assert_str_ne(first, second);
    X509_NAME_free(a);
    X509_NAME_free(b);
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
    tcase_add_test(t, fixed_values);
    tcase_add_test(t, lengths);
    tcase_add_test(t, printable_strings);
    tcase_add_test(t, characters_that_deceive);
    tcase_add_test(t, names_of_our_own);
    tcase_add_test(t, display);
    tcase_add_test(t, display_of_long_names);
    tcase_add_test(t, display_shows_what_the_rules_allow);
    suite_add_tcase(s, t);
    return s;
}
