#include <check.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "batch/certifier.h"
#include "core/clock.h"
#include "expect.h"
#include "help_batch.h"
#include "help_pki.h"

Suite *suite_certify(void);

static struct world w;
static struct state state;
static struct certifier certifier;
static int64_t now;
static struct diag d;

static void set_up(void)
{
    tree_make();
    world_make(&w);
    world_state(&w, &state);
    certifier = (struct certifier){.state = &state, .authority = &w.authorities[0]};
    now = WORLD_NOW;
}

static void tear_down(void)
{
    certifier_free(&certifier);
    state_close(&state);
    world_free(&w);
    tree_remove();
}

/* A decision to issue under this profile. */
static void decided(int profile, struct decision *out)
{
    const struct policy_profile *p = &w.profiles[profile];
    struct batch_header header = world_header(1);
    struct decider decider = {.policy = &w.policy, .authority = &w.authorities[0],
                              .header = &header, .now = WORLD_NOW};
    EVP_PKEY *key = help_key(profile == 2 ? KEY_P384 : KEY_SM2);
    STACK_OF(X509_EXTENSION) *list = NULL;
    X509_NAME *name = name_make("CN", "Wang Wu", NULL);
    struct buf csr = {0}, line = {0};
    help_extension(&list, NID_subject_alt_name, "DNS:www.example.org");
    csr_make(key, profile == 2 ? SIG_ECDSA_SHA384 : SIG_SM2_SM3, name, list, &csr);
    line_make("r-1", "issue", p->name, WORLD_NOW, &csr, &line);
    expect_ok_diag(decide_request(&decider, buf_span(&line), E_OK, 2, out, &d), &d);
    ck_assert_msg(out->code == E_OK, "%s: %s", err_name(out->code), out->detail);
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    X509_NAME_free(name);
    buf_free(&csr);
    buf_free(&line);
    decider_free(&decider);
    EVP_PKEY_free(key);
}

static enum err certify(const struct decision *o, struct plan_item *item)
{
    d = (struct diag){0};
    *item = (struct plan_item){0};
    struct issuer issuer;
    enum err e = certifier_begin(&certifier, o, item, &issuer, &d);
    if (e == E_OK)
        e = certify_build(&issuer, o, now, item, &d);
    ck_assert_int_eq(d.code, e);
    return e;
}

static int64_t time_of(const ASN1_TIME *t)
{
    struct tm tm;
    ck_assert_int_eq(ASN1_TIME_to_tm(t, &tm), 1);
    return timegm(&tm);
}

START_TEST(the_tbs_says_what_was_decided)
{
    struct decision o;
    struct plan_item item;
    struct buf cert = {0};
    uint8_t *der = NULL;
    int root = _i == 2;
    decided(_i, &o);
    expect_ok_diag(certify(&o, &item), &d);
    ck_assert_str_eq(item.profile, w.profiles[_i].name);
    ck_assert_str_eq(item.key, w.profiles[_i].key);
    ck_assert_str_eq(item.ignored, _i == 1 ? "" : "subjectAltName");
    help_assemble(&item.tbs, w.keys[root].alg, w.root_keys[root], &cert);
    const uint8_t *p = cert.data;
    X509 *x = d2i_X509(NULL, &p, (long)cert.len);
    ck_assert_ptr_nonnull(x);
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
    ck_assert_int_eq(ASN1_STRING_length(serial), SERIAL_LEN);
    ck_assert_mem_eq(ASN1_STRING_get0_data(serial), item.serial, SERIAL_LEN);
    ck_assert_int_eq(time_of(X509_get0_notBefore(x)), WORLD_NOW);
    static const char *const ends[] = {"2027-02-28T23:59:59Z", "2027-09-10T23:59:59Z",
                                       "2026-05-29T23:59:59Z"};
    char end[CLOCK_TEXT];
    clock_format(time_of(X509_get0_notAfter(x)), end);
    ck_assert_str_eq(end, ends[_i]);
    ck_assert_int_eq(X509_NAME_cmp(X509_get_issuer_name(x),
                                   X509_get_subject_name(w.root_certs[root])),
                     0);
    int n = i2d_X509_NAME(X509_get_subject_name(x), &der);
    ck_assert_uint_eq((size_t)n, o.subject.len);
    ck_assert_mem_eq(der, o.subject.data, o.subject.len);
    OPENSSL_free(der);
    ck_assert_int_eq(EVP_PKEY_eq(X509_get0_pubkey(x), o.csr.key.pkey), 1);
    ck_assert_int_eq(X509_get_ext_by_NID(x, NID_subject_alt_name, -1) >= 0, _i == 1);
    X509_free(x);
    buf_free(&cert);
    plan_item_free(&item);
    decision_free(&o);
}
END_TEST

/* The serial is positive, fresh each time, never short and never one that was used. */
START_TEST(serial_numbers)
{
    struct decision o;
    struct plan_item item;
    static uint8_t seen[300][SERIAL_LEN];
    decided(0, &o);
    for (int i = 0; i < 300; i++) {
        expect_ok(certify(&o, &item));
        ck_assert_int_gt(item.serial[0], 0);
        ck_assert_int_lt(item.serial[0], 0x80);
        for (int k = 0; k < i; k++)
            ck_assert_mem_ne(seen[k], item.serial, SERIAL_LEN);
        memcpy(seen[i], item.serial, SERIAL_LEN);
        plan_item_free(&item);
    }
    decision_free(&o);
}
END_TEST

/* Issuers are looked up once each. */
START_TEST(issuers_are_kept)
{
    struct decision o[3];
    struct plan_item item;
    for (int i = 0; i < 3; i++)
        decided(i, &o[i]);
    for (int i = 0; i < 6; i++) {
        expect_ok_diag(certify(&o[i % 3], &item), &d);
        plan_item_free(&item);
    }
    ck_assert_uint_eq(certifier.issuers.n, 2);
    for (int i = 0; i < 3; i++)
        decision_free(&o[i]);
    certifier_free(&certifier);
    ck_assert_uint_eq(certifier.issuers.n, 0);
}
END_TEST

/* The roots end at 2034-01-01T00:00:00Z, inclusive (RFC 5280 4.1.2.5): a certificate that ends with
 * its issuer does not outlive it. */
START_TEST(the_end_of_the_issuer)
{
    static const struct {
        const char *now;
        enum err want;
    } cases[] = {{"2033-01-01T00:00:00Z", E_OK},
                 {"2033-01-01T00:00:01Z", E_OK}, /* ends in the same second */
                 {"2033-01-01T00:00:02Z", E_OUTLIVES_ISSUER},
                 {"2033-12-31T23:59:59Z", E_OUTLIVES_ISSUER},
                 {"2060-01-01T00:00:00Z", E_OUTLIVES_ISSUER}};
    struct decision o;
    struct plan_item item;
    decided(0, &o);
    ck_assert(clock_parse(cases[_i].now, &now));
    expect_err(certify(&o, &item), cases[_i].want);
    plan_item_free(&item);
    decision_free(&o);
}
END_TEST

/* Before the issuer begins, it is the lint that refuses. */
START_TEST(before_the_issuer)
{
    struct decision o;
    struct plan_item item;
    decided(0, &o);
    ck_assert(clock_parse("2023-12-31T23:59:59Z", &now));
    expect_err(certify(&o, &item), E_LINT);
    plan_item_free(&item);
    decision_free(&o);
}
END_TEST

/* A fault of ours on the way is caught before it is planned. */
START_TEST(what_the_lint_refuses)
{
    struct decision o;
    struct plan_item item;
    decided(0, &o);
    o.csr.key.ski[0] ^= 1;
    expect_err(certify(&o, &item), E_LINT);
    plan_item_free(&item);
    decision_free(&o);
}
END_TEST

START_TEST(a_key_without_a_certificate)
{
    struct decision o;
    struct plan_item item;
    struct policy_key keys[3] = {w.keys[0], w.keys[1], w.keys[0]};
    struct policy_profile p = w.profiles[0];
    keys[2].name = "ca-new";
    w.authorities[0].keys = keys;
    w.authorities[0].keys_n = 3;
    decided(0, &o);
    p.key = "ca-new";
    o.profile = &p;
    expect_err(certify(&o, &item), E_ANCHOR);
    plan_item_free(&item);
    p.key = "not-in-the-policy";
    expect_err(certify(&o, &item), E_KEY_MISSING);
    ck_assert_uint_eq(certifier.issuers.n, 0);
    plan_item_free(&item);
    decision_free(&o);
}
END_TEST

Suite *suite_certify(void)
{
    Suite *s = suite_create("certify");
    TCase *t = tcase_create("certify");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 30);
    tcase_add_loop_test(t, the_tbs_says_what_was_decided, 0, 3);
    tcase_add_test(t, serial_numbers);
    tcase_add_test(t, issuers_are_kept);
    tcase_add_loop_test(t, the_end_of_the_issuer, 0, 5);
    tcase_add_test(t, before_the_issuer);
    tcase_add_test(t, what_the_lint_refuses);
    tcase_add_test(t, a_key_without_a_certificate);
    suite_add_tcase(s, t);
    return s;
}
