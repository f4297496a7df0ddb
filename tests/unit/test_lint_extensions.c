#include <stdio.h>
#include <string.h>

#include "expect.h"
#include "help_lint.h"
#include "memory_sweep.h"
#include "pki/lint.h"
#include "suites.h"

/* -- extensions -- */

static const int extensions[] = {NID_authority_key_identifier, NID_subject_key_identifier,
                                 NID_key_usage, NID_certificate_policies, NID_subject_alt_name,
                                 NID_ext_key_usage, NID_crl_distribution_points, NID_info_access};
#define EXTENSIONS ((int)(sizeof extensions / sizeof extensions[0]))

static int nid; /* of the extension under test */

static X509_EXTENSION *find(X509 *x)
{
    X509_EXTENSION *ext = X509_get_ext(x, X509_get_ext_by_NID(x, nid, -1));
    ck_assert_ptr_nonnull(ext);
    return ext;
}

static void drop(X509 *x)
{
    X509_EXTENSION_free(X509_delete_ext(x, X509_get_ext_by_NID(x, nid, -1)));
}

static void twice(X509 *x)
{
    ck_assert_int_eq(X509_add_ext(x, find(x), -1), 1);
}

static void other_criticality(X509 *x)
{
    X509_EXTENSION *ext = find(x);
    X509_EXTENSION_set_critical(ext, !X509_EXTENSION_get_critical(ext));
}

static void set_value(X509 *x, const uint8_t *p, size_t n)
{
    lint_put_value(x, nid, p, n);
}

static void empty_value(X509 *x)
{
    set_value(x, NULL, 0);
}

static void garbage_value(X509 *x)
{
    set_value(x, (const uint8_t *)"garbage", 7);
}

static void empty_list(X509 *x)
{
    set_value(x, (const uint8_t *)"\x30\x00", 2);
}

/* RFC 5280 4.1: the octets are the DER of one value. */
static void trailing_bytes(X509 *x)
{
    const ASN1_OCTET_STRING *old = X509_EXTENSION_get_data(find(x));
    struct buf longer = {0};
    buf_append(&longer, ASN1_STRING_get0_data(old), (size_t)ASN1_STRING_length(old));
    buf_append(&longer, "\x05\x00", 2);
    set_value(x, longer.data, longer.len);
    buf_free(&longer);
}

/* The same value with a length in BER's long form. */
static void long_length(X509 *x)
{
    const ASN1_OCTET_STRING *old = X509_EXTENSION_get_data(find(x));
    const uint8_t *p = ASN1_STRING_get0_data(old);
    size_t n = (size_t)ASN1_STRING_length(old);
    struct buf ber = {0};
    buf_append(&ber, p, 1);
    if (p[1] < 0x80) {
        buf_append(&ber, "\x81", 1);
        buf_append(&ber, p + 1, n - 1);
    } else {
        buf_append_byte(&ber, (uint8_t)(p[1] + 1));
        buf_append(&ber, "\x00", 1);
        buf_append(&ber, p + 2, n - 2);
    }
    set_value(x, ber.data, ber.len);
    buf_free(&ber);
}

static const struct {
    const char *name;
    void (*change)(X509 *);
} spoils[] = {{"left out", drop},
              {"twice", twice},
              {"of the other criticality", other_criticality},
              {"without content", empty_value},
              {"with garbage", garbage_value},
              {"with an empty list", empty_list},
              {"with trailing bytes", trailing_bytes},
              {"with a BER length", long_length}};
#define SPOILS ((int)(sizeof spoils / sizeof spoils[0]))

START_TEST(each_extension_spoilt)
{
    nid = extensions[_i / SPOILS];
    enum err e = lint_changed(1, spoils[_i % SPOILS].change);
    bool fine = nid == NID_subject_alt_name && spoils[_i % SPOILS].change == drop;
    enum err want = fine ? E_OK : E_LINT;
    ck_assert_msg(e == want, "%s %s: %s", OBJ_nid2sn(nid), spoils[_i % SPOILS].name, err_name(e));
    expect_seen(e);
}
END_TEST

static void add_unknown(X509 *x)
{
    ASN1_OBJECT *o = OBJ_txt2obj("2.999.5", 1);
    ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(s, (const uint8_t *)"\x05\x00", 2);
    X509_EXTENSION *ext = X509_EXTENSION_create_by_OBJ(NULL, o, 0, s);
    ck_assert_int_eq(X509_add_ext(x, ext, -1), 1);
    X509_EXTENSION_free(ext);
    ASN1_OCTET_STRING_free(s);
    ASN1_OBJECT_free(o);
}

#define KU "keyUsage"
#define URL_1 "URI:http://crl.example.com/a.crl"
#define URL_2 "URI:http://crl.example.org/a.crl"
#define AIA_1 "OCSP;URI:http://ocsp.example.com/"
#define AIA_2 "caIssuers;URI:http://aia.example.com/a.crt"
LINT_CHANGE(ca_false, lint_add(x, "basicConstraints", "critical,CA:FALSE"))
LINT_CHANGE(ca_true, lint_add(x, "basicConstraints", "critical,CA:TRUE"))
LINT_CHANGE(name_constraints, lint_add(x, "nameConstraints", "critical,permitted;DNS:a.example"))
LINT_CHANGE(issuer_alt_name, lint_add(x, "issuerAltName", "DNS:a.example"))
LINT_CHANGE(netscape, lint_add(x, "nsComment", "hello"))
LINT_CHANGE(usage_less, lint_add(x, KU, "critical,digitalSignature"))
LINT_CHANGE(usage_more, lint_add(x, KU, "critical,digitalSignature,keyAgreement,keyCertSign"))
LINT_CHANGE(usage_decipher, lint_add(x, KU, "critical,digitalSignature,keyAgreement,decipherOnly"))
/* digitalSignature and keyAgreement with the zero bits at the end that DER leaves out */
LINT_CHANGE(usage_zero_bits, lint_put_value(x, NID_key_usage, "\x03\x02\x00\x88", 4))
LINT_CHANGE(eku_less, lint_add(x, "extendedKeyUsage", "serverAuth"))
LINT_CHANGE(eku_order, lint_add(x, "extendedKeyUsage", "clientAuth,serverAuth"))
LINT_CHANGE(eku_more, lint_add(x, "extendedKeyUsage", "serverAuth,clientAuth,OCSPSigning"))
LINT_CHANGE(eku_any, lint_add(x, "extendedKeyUsage", "anyExtendedKeyUsage"))
/* more than the lint has room for */
static void eku_many(X509 *x)
{
    char list[33 * 12] = "serverAuth,clientAuth";
    for (int i = 0; i < 31; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), ",1.2.3.%d", i);
    lint_add(x, "extendedKeyUsage", list);
}
LINT_CHANGE(usage_no_bit, lint_put_value(x, NID_key_usage, "\x03\x01\x00", 3))
LINT_CHANGE(usage_three_bytes, lint_put_value(x, NID_key_usage, "\x03\x04\x07\x88\x00\x80", 6))
LINT_CHANGE(policies_less, lint_add(x, "certificatePolicies", "2.999.1.2"))
LINT_CHANGE(policies_order, lint_add(x, "certificatePolicies", "2.999.1.3,2.999.1.2"))
LINT_CHANGE(policies_more, lint_add(x, "certificatePolicies", "2.999.1.2,2.999.1.3,2.999.1.4"))
/* the first with a qualifier: a CPS address */
LINT_CHANGE(policies_qualified,
       lint_put_value(x, NID_certificate_policies,
                 "\x30\x24\x30\x1a\x06\x04\x88\x37\x01\x02\x30\x12\x30\x10\x06\x08\x2b\x06\x01\x05"
                 "\x05\x07\x02\x01\x16\x04http\x30\x06\x06\x04\x88\x37\x01\x03",
                 38))
LINT_CHANGE(crl_less, lint_add(x, "crlDistributionPoints", URL_1))
LINT_CHANGE(crl_order, lint_add(x, "crlDistributionPoints", URL_2 "," URL_1))
LINT_CHANGE(crl_other, lint_add(x, "crlDistributionPoints", URL_1 ",URI:http://crl.example.org/b.crl"))
LINT_CHANGE(crl_shorter, lint_add(x, "crlDistributionPoints", URL_1 ",URI:http://crl.example.org/a.cr"))
LINT_CHANGE(crl_dns, lint_add(x, "crlDistributionPoints", URL_1 ",DNS:crl.example.org"))

/* The first point of two, with one more or less than an address in it (RFC 5280 4.2.1.13). */
static void change_point(X509 *x, void (*change)(DIST_POINT *))
{
    CRL_DIST_POINTS *points = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
    ck_assert_ptr_nonnull(points);
    change(sk_DIST_POINT_value(points, 0));
    ck_assert_int_eq(X509_add1_ext_i2d(x, NID_crl_distribution_points, points, 0, X509V3_ADD_REPLACE), 1);
    CRL_DIST_POINTS_free(points);
}

static GENERAL_NAME *dns_name(const char *name)
{
    GENERAL_NAME *one = GENERAL_NAME_new();
    ASN1_IA5STRING *s = ASN1_IA5STRING_new();
    ck_assert_int_eq(ASN1_STRING_set(s, name, -1), 1);
    GENERAL_NAME_set0_value(one, GEN_DNS, s);
    return one;
}

static void for_one_reason(DIST_POINT *p)
{
    p->reasons = ASN1_BIT_STRING_new();
    ck_assert_int_eq(ASN1_BIT_STRING_set_bit(p->reasons, 1, 1), 1);
}

static void by_another_issuer(DIST_POINT *p)
{
    p->CRLissuer = GENERAL_NAMES_new();
    ck_assert_int_gt(sk_GENERAL_NAME_push(p->CRLissuer, dns_name("other.example")), 0);
}

static void without_address(DIST_POINT *p)
{
    DIST_POINT_NAME_free(p->distpoint);
    p->distpoint = NULL;
}

static void below_the_issuer(DIST_POINT *p)
{
    DIST_POINT_NAME *name = DIST_POINT_NAME_new();
    name->type = 1;
    name->name.relativename = sk_X509_NAME_ENTRY_new_null();
    X509_NAME_ENTRY *cn = X509_NAME_ENTRY_create_by_txt(NULL, "CN", V_ASN1_UTF8STRING, (const uint8_t *)"crl", 3);
    ck_assert_int_gt(sk_X509_NAME_ENTRY_push(name->name.relativename, cn), 0);
    DIST_POINT_NAME_free(p->distpoint);
    p->distpoint = name;
}

static void at_two_addresses(DIST_POINT *p)
{
    ck_assert_int_gt(sk_GENERAL_NAME_push(p->distpoint->name.fullname, dns_name("other.example")), 0);
}

LINT_CHANGE(crl_reasons, change_point(x, for_one_reason))
LINT_CHANGE(crl_issuer, change_point(x, by_another_issuer))
LINT_CHANGE(crl_no_address, change_point(x, without_address))
LINT_CHANGE(crl_relative, change_point(x, below_the_issuer))
LINT_CHANGE(crl_two_addresses, change_point(x, at_two_addresses))
LINT_CHANGE(aia_less, lint_add(x, "authorityInfoAccess", AIA_1))
LINT_CHANGE(aia_order, lint_add(x, "authorityInfoAccess", AIA_2 "," AIA_1))
LINT_CHANGE(aia_method, lint_add(x, "authorityInfoAccess", "caIssuers;URI:http://ocsp.example.com/," AIA_2))
LINT_CHANGE(aia_other,
       lint_add(x, "authorityInfoAccess", AIA_1 ",caIssuers;URI:http://aia.example.com/b.crt"))
LINT_CHANGE(aki_other,
       lint_put_value(x, NID_authority_key_identifier,
                 "\x30\x0a\x80\x08\x01\x02\x03\x04\x05\x06\x07\x09", 12))
LINT_CHANGE(aki_with_serial,
       lint_put_value(x, NID_authority_key_identifier,
                 "\x30\x0d\x80\x08\x01\x02\x03\x04\x05\x06\x07\x08\x82\x01\x05", 15))
/* a key identifier and an issuer, but no serial number */
LINT_CHANGE(aki_with_issuer,
            lint_put_value(x, NID_authority_key_identifier,
                           "\x30\x11\x80\x08\x01\x02\x03\x04\x05\x06\x07\x08\xa1\x05\x82\x03" "a.b", 19))
LINT_CHANGE(ski_other, lint_put_value(x, NID_subject_key_identifier,
                            "\x04\x14" "aaaaaaaaaaaaaaaaaaaa", 22))
LINT_CHANGE(san_email, lint_add(x, "subjectAltName", "DNS:a.example,email:a@b.example"))
LINT_CHANGE(san_uri, lint_add(x, "subjectAltName", "URI:http://a.example/"))
/* what the requests' own check would not have let through (san.h) */
LINT_CHANGE(san_wildcard, lint_add(x, "subjectAltName", "DNS:*.example.org"))
LINT_CHANGE(san_blank, lint_put_value(x, NID_subject_alt_name, "\x30\x05\x82\x03" "a b", 7))
LINT_CHANGE(san_nul, lint_put_value(x, NID_subject_alt_name, "\x30\x09\x82\x07" "a.b\0c.d", 11))
LINT_CHANGE(san_empty_dns, lint_put_value(x, NID_subject_alt_name, "\x30\x02\x82\x00", 4))
LINT_CHANGE(san_ip_5, lint_put_value(x, NID_subject_alt_name, "\x30\x07\x87\x05\x01\x02\x03\x04\x05", 9))
LINT_CHANGE(san_twice, lint_put_value(x, NID_subject_alt_name, "\x30\x0a\x82\x03" "a.b\x82\x03" "a.b", 12))
LINT_CHANGE(san_fine, lint_add(x, "subjectAltName", "IP:2001:db8::1,DNS:a.example"))
/* a profile that takes no names */
LINT_CHANGE(san_uninvited, lint_add(x, "subjectAltName", "DNS:a.example"))
LINT_CHANGE(san_uninvited_garbage, lint_add(x, "subjectAltName", "DNS:a.example");
       lint_put_value(x, NID_subject_alt_name, "garbage", 7))
LINT_CHANGE(eku_uninvited, lint_add(x, "extendedKeyUsage", "serverAuth"))

#define ON_1(f) {#f, f, 1, E_LINT}
static const struct lint_change content[] = {
    ON_1(ca_false), ON_1(ca_true), ON_1(name_constraints), ON_1(issuer_alt_name), ON_1(netscape),
    ON_1(add_unknown), ON_1(usage_less), ON_1(usage_more), ON_1(usage_decipher),
    ON_1(usage_zero_bits), ON_1(usage_no_bit), ON_1(usage_three_bytes), ON_1(eku_many), ON_1(aki_with_issuer),
    ON_1(crl_reasons), ON_1(crl_issuer), ON_1(crl_no_address), ON_1(crl_relative), ON_1(crl_two_addresses), ON_1(eku_less), ON_1(eku_order), ON_1(eku_more), ON_1(eku_any),
    ON_1(policies_less), ON_1(policies_order), ON_1(policies_more), ON_1(policies_qualified),
    ON_1(crl_less), ON_1(crl_order), ON_1(crl_other), ON_1(crl_shorter), ON_1(crl_dns),
    ON_1(aia_less), ON_1(aia_order), ON_1(aia_method), ON_1(aia_other), ON_1(aki_other),
    ON_1(aki_with_serial), ON_1(ski_other), ON_1(san_email), ON_1(san_uri), ON_1(san_wildcard),
    ON_1(san_blank), ON_1(san_nul), ON_1(san_empty_dns), ON_1(san_ip_5), ON_1(san_twice),
    {"san_fine", san_fine, 1, E_OK}, {"san_uninvited", san_uninvited, 0, E_LINT},
    {"san_uninvited_garbage", san_uninvited_garbage, 0, E_LINT},
    {"eku_uninvited", eku_uninvited, 0, E_LINT}, {"eku_uninvited", eku_uninvited, 2, E_LINT},
    {"ca_true", ca_true, 2, E_LINT},
};
#define CONTENT ((int)(sizeof content / sizeof content[0]))

START_TEST(each_change_of_content)
{
    lint_expect(&content[_i]);
}
END_TEST

/* What no certificate may hold, wherever the name came from: RFC 1034 3.5, as RFC 5280 4.2.1.6 asks. */
START_TEST(host_names)
{
    static const struct {
        const char *name;
        enum err want;
    } rows[] = {
        {"a.b", E_OK},      {"A-1.b", E_OK},   {"a..b", E_LINT}, {"a.-b", E_LINT}, {"a-.b", E_LINT}, {"ab", E_LINT},
        {".a.b", E_LINT},   {"-a.b", E_LINT},  {"a.b.", E_LINT}, {"a.b-", E_LINT}, {"a_b.c", E_LINT},
    };
    struct buf tbs = {0};
    char longest[255] = "";
    for (size_t i = 0; i < 254; i++)
        longest[i] = i % 2 == 0 ? 'a' : '.';
    longest[253] = 'a';
    lint_build(1, &tbs);
    for (size_t i = 0; i <= sizeof rows / sizeof rows[0] + 1; i++) {
        const char *name = i < sizeof rows / sizeof rows[0] ? rows[i].name : longest;
        enum err want = i < sizeof rows / sizeof rows[0] ? rows[i].want : strlen(longest) > 253 ? E_LINT : E_OK;
        char value[300];
        uint8_t *der = NULL;
        X509 *x = lint_parsed(&tbs);
        snprintf(value, sizeof value, "DNS:%s", name);
        lint_add(x, "subjectAltName", value);
        int n = i2d_re_X509_tbs(x, &der);
        ck_assert_msg(lint_run(1, (struct span){der, (size_t)n}) == want, "%s", name);
        OPENSSL_free(der);
        X509_free(x);
        if (name == longest)
            longest[253] = '\0';
    }
    buf_free(&tbs);
}
END_TEST

/* A profile may leave the key usage out; then it may not be there. */
START_TEST(a_profile_without_key_usage)
{
    struct buf with = {0}, without = {0};
    uint32_t usage = lint_world.profiles[1].key_usage;
    lint_build(1, &with);
    lint_world.profiles[1].key_usage = 0;
    lint_build(1, &without);
    expect_ok_diag(lint_run(1, buf_span(&without)), &lint_diag);
    expect_err(lint_run(1, buf_span(&with)), E_LINT);
    lint_world.profiles[1].key_usage = usage;
    expect_err(lint_run(1, buf_span(&without)), E_LINT);
    buf_free(&with);
    buf_free(&without);
}
END_TEST

static struct buf starved;

static enum err lint_starved(void)
{
    return lint_end_entity(buf_span(&starved), (struct span){0}, &lint_world.profiles[1], &lint_world.keys[0],
                           lint_world.root_certs[0], &lint_diag);
}

START_TEST(no_memory_is_no_fault_of_the_certificate)
{
    static bool differs;
    lint_build(1, &starved);
    memory_sweep("lint", lint_starved, &lint_diag, &differs);
    buf_free(&starved);
}
END_TEST

/* An issuer whose own certificate has no key identifier cannot be named by one. */
START_TEST(an_issuer_without_key_identifier)
{
    struct buf tbs = {0};
    lint_build(1, &tbs);
    X509 *issuer = X509_dup(lint_world.root_certs[0]);
    X509_EXTENSION_free(X509_delete_ext(issuer, X509_get_ext_by_NID(issuer, NID_subject_key_identifier, -1)));
    uint8_t *der = NULL;
    const int n = i2d_re_X509_tbs(issuer, &der);
    ck_assert_int_gt(n, 0);
    OPENSSL_free(der);
    der = NULL;
    const int whole = i2d_X509(issuer, &der);
    X509_free(issuer);
    const uint8_t *p = der;
    issuer = d2i_X509(NULL, &p, whole); /* anew, or OpenSSL remembers the identifier */
    OPENSSL_free(der);
    ck_assert_ptr_nonnull(issuer);
    expect_err(lint_end_entity(buf_span(&tbs), (struct span){0}, &lint_world.profiles[1], &lint_world.keys[0], issuer,
                               &lint_diag),
               E_LINT);
    ck_assert_str_eq(lint_diag.clause, "RFC 5280 4.2.1.1");
    X509_free(issuer);
    buf_free(&tbs);
}
END_TEST

Suite *suite_lint_extensions(void)
{
    Suite *s = suite_create("lint_extensions");
    TCase *t = tcase_create("lint_extensions");
    tcase_add_unchecked_fixture(t, lint_set_up, lint_tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, each_extension_spoilt, 0, EXTENSIONS * SPOILS);
    tcase_add_loop_test(t, each_change_of_content, 0, CONTENT);
    tcase_add_test(t, host_names);
    tcase_add_test(t, a_profile_without_key_usage);
    tcase_add_test(t, no_memory_is_no_fault_of_the_certificate);
    tcase_add_test(t, an_issuer_without_key_identifier);
    suite_add_tcase(s, t);
    return s;
}
