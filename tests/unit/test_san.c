#include <check.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "core/limits.h"
#include "expect.h"
#include "help_pki.h"
#include "pki/san.h"

Suite *suite_san(void);

#define CLAUSE "the profile"

static struct diag d;

static void add(GENERAL_NAMES *names, int type, const void *p, int n)
{
    GENERAL_NAME *one = GENERAL_NAME_new();
    int string = type == GEN_IPADD ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING;
    ASN1_STRING *s = ASN1_STRING_type_new(string);
    ck_assert_int_eq(ASN1_STRING_set(s, p, n), 1);
    GENERAL_NAME_set0_value(one, type, s);
    ck_assert_int_gt(sk_GENERAL_NAME_push(names, one), 0);
}

static X509_EXTENSION *extension(GENERAL_NAMES *names)
{
    X509_EXTENSION *ext = X509V3_EXT_i2d(NID_subject_alt_name, 0, names);
    ck_assert_ptr_nonnull(ext);
    return ext;
}

static enum err take(GENERAL_NAMES *names, struct buf *out)
{
    X509_EXTENSION *ext = extension(names);
    d = (struct diag){0};
    enum err e = san_from_request(ext, CLAUSE, out, &d);
    ck_assert_int_eq(d.code, e);
    if (e != E_OK)
        ck_assert_str_eq(d.clause, CLAUSE);
    X509_EXTENSION_free(ext);
    return e;
}

/* One dNSName of n bytes. */
static enum err dns(const char *name, int n)
{
    struct buf out = {0};
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    add(names, GEN_DNS, name, n);
    enum err e = take(names, &out);
    GENERAL_NAMES_free(names);
    buf_free(&out);
    return e;
}

START_TEST(what_is_asked_is_written)
{
    struct buf out = {0};
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    add(names, GEN_DNS, "www.example.org", 15);
    add(names, GEN_IPADD, "\xc0\x00\x02\x01", 4);
    add(names, GEN_IPADD, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
    buf_append_str(&out, "before");
    expect_ok_diag(take(names, &out), &d);
    X509_EXTENSION *ext = extension(names);
    const ASN1_OCTET_STRING *want = X509_EXTENSION_get_data(ext);
    ck_assert_uint_eq(out.len, 6 + (size_t)ASN1_STRING_length(want));
    ck_assert_mem_eq(out.data + 6, ASN1_STRING_get0_data(want), out.len - 6);
    X509_EXTENSION_free(ext);
    GENERAL_NAMES_free(names);
    buf_free(&out);
}
END_TEST

START_TEST(host_names)
{
    char longest[300], label[80];
    static const char *const good[] = {"a.b", "www.example.org", "WWW.EXAMPLE.ORG", "1a.example",
                                       "a-b.c-d.example", "xn--fiqs8s.example", "3com.com", "1-2.example",
                                       "a1.b2.c3"};
    static const char *const bad[] = {
        "",           "localhost",    ".",          ".example.org", "example.org.", "a..b",
        "-a.example", "a-.example",   "a.-b",       "a.b-",         "a_b.example",  "*.example.org",
        "a b.example", "a.example ",  "a,b.example", "a/b.example",  "a@b.example",
        "\xc3\xa4.example",
        "a.example\n", "a.example\\", "a:8080.example"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        expect_ok_diag(dns(good[i], (int)strlen(good[i])), &d);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_err(dns(bad[i], (int)strlen(bad[i])), E_CSR_EXTENSION);
    expect_err(dns("good.example\0.evil.example", 26), E_CSR_EXTENSION);
    memset(label, 'a', sizeof label);
    memcpy(label + 63, ".example", 8);
    expect_ok_diag(dns(label, 71), &d);
    memset(label, 'a', sizeof label);
    memcpy(label + 64, ".example", 8);
    expect_err(dns(label, 72), E_CSR_EXTENSION);
    /* 127 labels of one letter are 253 bytes */
    for (size_t i = 0; i < sizeof longest; i++)
        longest[i] = i % 2 == 0 ? 'a' : '.';
    expect_ok_diag(dns(longest, 253), &d);
    expect_err(dns(longest, 255), E_CSR_EXTENSION);
}
END_TEST

/* RFC 1123 2.1: the highest label of a host name is alphabetic, so that it never looks like an
 * address. */
START_TEST(a_dotted_number_is_no_host_name)
{
    expect_err(dns("192.0.2.1", 9), E_CSR_EXTENSION);
    expect_err(dns("www.example.1", 13), E_CSR_EXTENSION);
}
END_TEST

START_TEST(addresses)
{
    for (int n = 0; n <= 32; n++) {
        static const uint8_t bytes[32];
        struct buf out = {0};
        GENERAL_NAMES *names = GENERAL_NAMES_new();
        add(names, GEN_IPADD, bytes, n);
        expect_err(take(names, &out), n == 4 || n == 16 ? E_OK : E_CSR_EXTENSION);
        GENERAL_NAMES_free(names);
        buf_free(&out);
    }
}
END_TEST

START_TEST(other_kinds_of_names)
{
    static const char *const others[] = {"email:a@b.example", "URI:http://a.example/",
                                         "dirName:section", "RID:2.999.1",
                                         "otherName:2.999.1;UTF8:a"};
    for (size_t i = 0; i < 5; i++) {
        struct buf out = {0};
        CONF *conf = NCONF_new(NULL);
        BIO *bio = BIO_new_mem_buf("[section]\nCN=a\n", -1);
        X509V3_CTX ctx;
        ck_assert_int_eq(NCONF_load_bio(conf, bio, NULL), 1);
        X509V3_set_ctx_nodb(&ctx);
        X509V3_set_nconf(&ctx, conf);
        char value[80];
        snprintf(value, sizeof value, "DNS:a.example,%s", others[i]);
        X509_EXTENSION *ext = X509V3_EXT_nconf_nid(conf, &ctx, NID_subject_alt_name, value);
        ck_assert_ptr_nonnull(ext);
        expect_err(san_from_request(ext, CLAUSE, &out, &d), E_CSR_EXTENSION);
        X509_EXTENSION_free(ext);
        BIO_free(bio);
        NCONF_free(conf);
        buf_free(&out);
    }
}
END_TEST

/* Names in every pair of places. */
START_TEST(nothing_comes_twice)
{
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
            struct buf out = {0};
            GENERAL_NAMES *names = GENERAL_NAMES_new();
            for (int k = 0; k < 4; k++) {
                char name[] = "a.example";
                name[0] = (char)('a' + (k == j ? i : k));
                add(names, GEN_DNS, name, 9);
            }
            expect_err(take(names, &out), i == j ? E_OK : E_CSR_EXTENSION);
            GENERAL_NAMES_free(names);
            buf_free(&out);
        }
    }
    struct buf out = {0};
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    add(names, GEN_IPADD, "\x01\x02\x03\x04", 4);
    add(names, GEN_IPADD, "\x01\x02\x03\x04", 4);
    expect_err(take(names, &out), E_CSR_EXTENSION);
    GENERAL_NAMES_free(names);
    buf_free(&out);
}
END_TEST

/* RFC 5280 7.2: domain names are compared without regard to case. */
START_TEST(nothing_comes_twice_in_another_case)
{
    struct buf out = {0};
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    add(names, GEN_DNS, "a.example", 9);
    add(names, GEN_DNS, "A.Example", 9);
    expect_err(take(names, &out), E_CSR_EXTENSION);
    GENERAL_NAMES_free(names);
    buf_free(&out);
}
END_TEST

/* Neither are names of other lengths or kinds. */
START_TEST(unlike_names_may_stand_together)
{
    struct buf out = {0};
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    add(names, GEN_IPADD, "a.b.", 4);
    add(names, GEN_DNS, "a.b", 3);
    add(names, GEN_DNS, "a.bc", 4);
    add(names, GEN_IPADD, "a.bc", 4);
    expect_ok_diag(take(names, &out), &d);
    GENERAL_NAMES_free(names);
    buf_free(&out);
}
END_TEST

START_TEST(how_many)
{
    for (int n = 0; n <= LIMIT_SAN_NAMES + 1; n++) {
        struct buf out = {0};
        GENERAL_NAMES *names = GENERAL_NAMES_new();
        for (int i = 0; i < n; i++) {
            uint8_t ip[4] = {10, 0, 0, (uint8_t)i};
            add(names, GEN_IPADD, ip, 4);
        }
        expect_err(take(names, &out), n >= 1 && n <= LIMIT_SAN_NAMES ? E_OK : E_CSR_EXTENSION);
        GENERAL_NAMES_free(names);
        buf_free(&out);
    }
}
END_TEST

START_TEST(bytes_that_are_no_list)
{
    static const char *const bad[] = {"", "\x30", "\x04\x00", "\x30\x03\x82\x05" "a"};
    static const int sizes[] = {0, 1, 2, 5};
    for (size_t i = 0; i < 4; i++) {
        struct buf out = {0};
        ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
        ASN1_OCTET_STRING_set(s, (const uint8_t *)bad[i], sizes[i]);
        X509_EXTENSION *ext =
            X509_EXTENSION_create_by_NID(NULL, NID_subject_alt_name, 0, s);
        expect_err(san_from_request(ext, CLAUSE, &out, &d), E_CSR_EXTENSION);
        X509_EXTENSION_free(ext);
        ASN1_OCTET_STRING_free(s);
        buf_free(&out);
    }
}
END_TEST

/* -- display -- */

/* One element of this tag and content. */
static void expect_display(uint8_t tag, const void *p, size_t n, const char *want)
{
    struct buf der = {0}, out = {0};
    struct der name;
    der_put(&der, tag, (struct span){p, n});
    struct span in = buf_span(&der);
    ck_assert(der_next(&in, &name));
    buf_append_str(&out, "before ");
    san_display(&name, &out);
    expect_ok(buf_err(&out));
    buf_append_byte(&out, '\0');
    ck_assert_mem_eq(out.data, "before ", 7);
    ck_assert_str_eq((const char *)out.data + 7, want);
    buf_free(&der);
    buf_free(&out);
}

START_TEST(it_is_displayed)
{
    expect_display(0x82, "www.example.org", 15, "dns:www.example.org");
    expect_display(0x82, "a\n\x1b\0b", 5, "dns:a\\u{A}\\u{1B}\\u{0}b");
    expect_display(0x82, "", 0, "dns:");
    expect_display(0x81, "a@b.example", 11, "email:a@b.example");
    expect_display(0x86, "http://a/\xff", 10, "uri:http://a/\\x{FF}");
    expect_display(0x87, "\xc0\x00\x02\x01", 4, "ip:192.0.2.1");
    expect_display(0x87, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16, "ip:2001:db8::1");
    expect_display(0x87, "\x01\x02\x03", 3, "hex:8703010203");
    expect_display(0xa4, "\x30\x00", 2, "hex:a4023000");
    expect_display(0x88, "\x88\x37", 2, "hex:88028837");
}
END_TEST

/* The longest name there can be is shown to its end. */
START_TEST(a_long_name_is_whole)
{
    char name[254] = "", want[260];
    memset(name, 'a', 253);
    name[252] = 'z';
    snprintf(want, sizeof want, "dns:%s", name);
    expect_display(0x82, name, 253, want);
}
END_TEST

Suite *suite_san(void)
{
    Suite *s = suite_create("san");
    TCase *t = tcase_create("san");
    tcase_add_test(t, what_is_asked_is_written);
    tcase_add_test(t, host_names);
    tcase_add_test(t, a_dotted_number_is_no_host_name);
    tcase_add_test(t, addresses);
    tcase_add_test(t, other_kinds_of_names);
    tcase_add_test(t, nothing_comes_twice);
    tcase_add_test(t, nothing_comes_twice_in_another_case);
    tcase_add_test(t, unlike_names_may_stand_together);
    tcase_add_test(t, how_many);
    tcase_add_test(t, bytes_that_are_no_list);
    tcase_add_test(t, it_is_displayed);
    tcase_add_test(t, a_long_name_is_whole);
    suite_add_tcase(s, t);
    return s;
}
