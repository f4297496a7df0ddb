/* A certificate with one element spoilt is shown in printable lines of its own, or not at all; and what is taken from it
 * without being shown is taken from the right place. */
#include <openssl/x509v3.h>
#include <string.h>

#include "expect.h"
#include "help_batch.h"
#include "help_pki.h"
#include "mutants.h"
#include "pki/show.h"
#include "pki/tbs_view.h"

Suite *suite_show_mutants(void);

static struct buf tbs;
static struct tbs_outline original;

static void add(X509 *x, const char *oid, const char *hex)
{
    struct buf value = {0};
    ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
    ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
    help_hex(hex, &value);
    ck_assert_int_eq(ASN1_OCTET_STRING_set(s, value.data, (int)value.len), 1);
    X509_EXTENSION *ext = X509_EXTENSION_create_by_OBJ(NULL, o, strcmp(oid, "2.5.29.19") == 0, s);
    ck_assert_int_eq(X509_add_ext(x, ext, -1), 1);
    X509_EXTENSION_free(ext);
    ASN1_OBJECT_free(o);
    ASN1_OCTET_STRING_free(s);
    buf_free(&value);
}

static const char *extra; /* cRLDistributionPoints of another form */

static void make(void)
{
    EVP_PKEY *key = help_key(KEY_SM2);
    X509 *x = help_cert(key, SIG_SM2_SM3, "Subject");
    X509_NAME *name = name_make("C", "CN", "emailAddress", "a@example.org", "DC", "example", NULL);
    uint8_t *der = NULL;
    X509_NAME_add_entry_by_txt(name, "CN", V_ASN1_IA5STRING, (const uint8_t *)"ia5", -1, -1, 0);
    X509_set_subject_name(x, name);
    add(x, "2.5.29.19", "30060101ff020103");
    add(x, "2.5.29.31", extra != NULL ? extra : "301c301aa018a0168614687474703a2f2f612e6578616d706c652f63726c");
    add(x, "2.5.29.32", "300e300c0603883703" "3005300306012a");
    add(x, "2.5.29.37", "300a06082b06010505070301");
    add(x, "1.2.156.10260.4.1.1", "a00413023158");
    add(x, "1.2.156.10260.4.1.4", "13023158");
    int n = i2d_re_X509_tbs(x, &der);
    ck_assert_int_gt(n, 0);
    buf_append(&tbs, der, (size_t)n);
    OPENSSL_free(der);
    X509_NAME_free(name);
    X509_free(x);
    EVP_PKEY_free(key);
}

static void tear_down(void)
{
    buf_free(&tbs);
}

static size_t shown;
static void show_one(struct span mutant)
{
    struct buf out = {0};
    struct diag d = {0};
    enum err e = show_tbs(mutant, &out, &d);
    ck_assert(e == E_OK || (out.len == 0 && (e == E_LINT || e == E_KEY_TYPE || e == E_KEY_POINT || e == E_CSR_FORMAT)));
    for (size_t i = 0; i < out.len; i++)
        if (out.data[i] != '\n' && (out.data[i] < 0x20 || out.data[i] > 0x7e))
            ck_abort_msg("byte %zu: %02x", i, out.data[i]);
    shown += e == E_OK;
    buf_free(&out);
}

START_TEST(shown_in_lines)
{
    show_one(buf_span(&tbs));
    ck_assert_uint_eq(shown, 1);
    ck_assert_uint_gt(mutants_each(buf_span(&tbs), show_one), 300);
    ck_assert_uint_gt(shown, 100); /* other texts, other extensions */
}
END_TEST

static bool inside(struct span part, struct span whole)
{
    return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

static size_t outlined;
static void outline_one(struct span mutant)
{
    struct tbs_outline o;
    struct diag d = {0};
    enum err e = tbs_outline(mutant, &o, &d);
    ck_assert(e == E_OK || e == E_LINT);
    if (e != E_OK)
        return;
    ck_assert(inside(o.subject, mutant) && inside(o.spki, mutant));
    ck_assert(o.identity.n == 0 || inside(o.identity, mutant));
    outlined++;
}

START_TEST(outlined_from_the_right_place)
{
    struct diag d = {0};
    expect_ok_diag(tbs_outline(buf_span(&tbs), &original, &d), &d);
    ck_assert_uint_gt(original.identity.n, 0);
    mutants_each(buf_span(&tbs), outline_one);
    ck_assert_uint_gt(outlined, 50);
}
END_TEST

/* The bytes from here on are changed to these. */
static void change(const char *from, const char *to)
{
    struct buf a = {0}, b = {0};
    help_hex(from, &a);
    help_hex(to, &b);
    uint8_t *at = memmem(tbs.data, tbs.len, a.data, a.len);
    ck_assert_ptr_nonnull(at);
    ck_assert_uint_eq(a.len, b.len);
    memcpy(at, b.data, b.len);
    buf_free(&a);
    buf_free(&b);
}

static void expect_shown(const char *text)
{
    struct buf out = {0};
    struct diag d = {0};
    expect_ok_diag(show_tbs(buf_span(&tbs), &out, &d), &d);
    buf_append_byte(&out, '\0');
    ck_assert_msg(strstr((char *)out.data, text) != NULL, "\"%s\" is not in\n%s", text, (char *)out.data);
    buf_free(&out);
}

START_TEST(rare_contents)
{
    struct buf out = {0};
    struct diag d = {0};
    expect_shown("emailAddress = a@example.org\n");
    expect_shown("CN (IA5String) = ia5\n");
    change("30060101ff020103", "30060101ff020183"); /* a path shorter than none */
    expect_shown("hex:30060101ff020183\n");
    change("a00413023158", "020401023158"); /* no choice at all */
    expect_shown("hex:020401023158\n");
    change("0603551d130101ff", "0603551d13010100"); /* DER has no "not critical" */
    expect_err(show_tbs(buf_span(&tbs), &out, &d), E_LINT);
    buf_free(&out);
}
END_TEST

/* A distribution point that is more than its name, behind the names and behind the point. */
START_TEST(points_of_more_parts)
{
    static const char *const values[] = {
        "3020301ea018a0168614687474703a2f2f612e6578616d706c652f63726c" "81020102",
        "3020301ea01ca0168614687474703a2f2f612e6578616d706c652f63726c" "81020102",
        "300a3008a006a10431023000", "3006" "3004a002a000"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        buf_reset(&tbs);
        extra = values[i];
        make();
        expect_shown("point hex:");
    }
    extra = NULL;
}
END_TEST

Suite *suite_show_mutants(void)
{
    Suite *s = suite_create("show_mutants");
    TCase *t = tcase_create("show_mutants");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, make, tear_down);
    tcase_add_test(t, shown_in_lines);
    tcase_add_test(t, outlined_from_the_right_place);
    tcase_add_test(t, rare_contents);
    tcase_add_test(t, points_of_more_parts);
    suite_add_tcase(s, t);
    return s;
}
