/* What electronic seals are made here, and for whom. */
#include "pki/lint_eseal.h"

#include <openssl/x509v3.h>
#include <string.h>

#include "expect.h"
#include "help_eseal.h"
#include "help_pki.h"
#include "pki/cert.h"

Suite *suite_lint_eseal(void);

static struct diag d;
static struct help_eseal h;
static struct buf ca;
static struct policy_seals policy;
static const uint8_t number[] = {0x41, 0x01, 0, 0, 0, 0, 0x01};
static const struct span serial = {number, sizeof number};

static void set_up(void)
{
    d = (struct diag){0};
    help_eseal_make(&h);
    expect_ok(cert_write_der(h.ca, &ca));
    policy = (struct policy_seals){.key = "k", .validity = {1, 0, 0}, .validity_clause = "c 1", .holder_issuer = buf_span(&ca),
                                   .holder_clause = "c 2", .clause = "c 3"};
}

static void tear_down(void)
{
    help_eseal_free(&h);
    buf_free(&ca);
}

static enum err lint(struct span as)
{
    d = (struct diag){0};
    help_eseal_sign(&h);
    enum err e = lint_eseal(buf_span(&h.tbs), as, &policy, &d);
    ck_assert_int_eq(d.code, e);
    return e;
}

START_TEST(only_what_the_policy_says)
{
    struct buf extensions = {0};
    const struct eseal_info good = h.info;
    help_hex("300c300a06032a03040403616263", &extensions);
    expect_ok_diag(lint(serial), &d);
    expect_err(lint((struct span){number, sizeof number - 1}), E_LINT);
    expect_err(lint((struct span){number + 1, sizeof number - 1}), E_LINT);
#define LINTED(change) (h.info = good, change, lint(serial))
    expect_err(LINTED(h.info.version = 5), E_LINT);
    expect_err(LINTED((h.info.id = (struct span){(const uint8_t *)"51010000000001", 14})), E_LINT);
    expect_err(LINTED((h.info.id = (struct span){(const uint8_t *)"4101000000000A", 14})), E_LINT);
    expect_err(LINTED(h.info.created--), E_LINT);
    expect_err(LINTED(h.info.from--), E_LINT);
    expect_err(LINTED(h.info.until--), E_LINT);
    expect_err(LINTED(h.info.until++), E_LINT);
    expect_err(LINTED(h.info.extensions = buf_span(&extensions)), E_LINT);
    expect_err(LINTED((h.info.signers[1] = h.info.signers[0], h.info.signers_n = 2)), E_LINT);
    expect_err(LINTED((h.info.list = ESEAL_DIGESTS, h.info.signers[0].type = h.info.vendor)), E_LINT);
    expect_err(LINTED((h.info.picture_type = (struct span){(const uint8_t *)"JPG", 3})), E_LINT);
    expect_err(LINTED(h.info.picture = help_gif), E_LINT);
    expect_err(LINTED(h.info.picture = h.info.name), E_LINT);
    expect_err(LINTED(h.info.signers[0].value = buf_span(&ca)), E_LINT);
    h.info = good;
    help_eseal_sign(&h);
    expect_err(lint_eseal(buf_span(&h.seal), serial, &policy, &d), E_LINT); /* a whole seal */
    expect_err(lint_eseal((struct span){NULL, 0}, serial, &policy, &d), E_LINT);
    buf_free(&extensions);
}
END_TEST

static enum err holder_at(X509 *x, int64_t at)
{
    struct buf der = {0};
    d = (struct diag){0};
    expect_ok(cert_write_der(x, &der));
    enum err e = lint_eseal_holder(buf_span(&der), &policy, at, &d);
    ck_assert_int_eq(d.code, e);
    if (e == E_HOLDER)
        ck_assert_str_eq(d.clause, "c 2");
    buf_free(&der);
    return e;
}

START_TEST(holders)
{
    const int64_t from = 1704067200, until = 2019686400; /* 2024 and 2034 */
    EVP_PKEY *key = help_key(KEY_SM2);
    X509 *same_name = help_issued(key, "CA", true, "20240101000000Z", "20340101000000Z", NULL, NULL);
    X509 *forged = help_issued(h.holder_key, "Holder", false, "20240101000000Z", "20340101000000Z", same_name, key);
    X509 *below = help_issued(key, "Sub CA", true, "20240101000000Z", "20340101000000Z", h.ca, h.ca_key);
    X509 *of_other = help_issued(key, "Holder", false, "20240101000000Z", "20340101000000Z", below, key);
    expect_ok_diag(holder_at(h.holder, HELP_ESEAL_TIME), &d);
    expect_ok_diag(holder_at(h.holder, from), &d);
    expect_ok_diag(holder_at(h.holder, until), &d);
    expect_err(holder_at(h.holder, from - 1), E_HOLDER);
    expect_err(holder_at(h.holder, until + 1), E_HOLDER);
    expect_err(holder_at(forged, HELP_ESEAL_TIME), E_HOLDER);
    expect_err(holder_at(below, HELP_ESEAL_TIME), E_HOLDER);
    expect_err(holder_at(of_other, HELP_ESEAL_TIME), E_HOLDER);
    expect_err(holder_at(h.ca, HELP_ESEAL_TIME), E_HOLDER);
    expect_err(lint_eseal_holder((struct span){(const uint8_t *)"\x30\x00", 2}, &policy, HELP_ESEAL_TIME, &d), E_HOLDER);
    expect_err(lint_eseal_holder((struct span){(const uint8_t *)"\x30\x80", 2}, &policy, HELP_ESEAL_TIME, &d), E_HOLDER);
    policy.holder_issuer = (struct span){NULL, 0};
    expect_err(holder_at(h.holder, HELP_ESEAL_TIME), E_HOLDER);
    X509_free(same_name);
    X509_free(forged);
    X509_free(below);
    X509_free(of_other);
    EVP_PKEY_free(key);
}
END_TEST

/* A certificate of the CA's whose key is for this. */
static enum err holder_for(const char *usage)
{
    X509 *x = X509_dup(h.holder);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, usage);
    struct buf tbs = {0}, der = {0};
    uint8_t *bytes = NULL;
    ck_assert_int_eq(X509_add_ext(x, ext, -1), 1);
    int n = i2d_re_X509_tbs(x, &bytes);
    ck_assert_int_gt(n, 0);
    buf_append(&tbs, bytes, (size_t)n);
    help_assemble(&tbs, SIG_SM2_SM3, h.ca_key, &der);
    enum err e = lint_eseal_holder(buf_span(&der), &policy, HELP_ESEAL_TIME, &d);
    OPENSSL_free(bytes);
    X509_EXTENSION_free(ext);
    X509_free(x);
    buf_free(&tbs);
    buf_free(&der);
    return e;
}

START_TEST(usages)
{
    expect_ok_diag(holder_for("critical,digitalSignature"), &d);
    expect_ok_diag(holder_for("critical,nonRepudiation"), &d);
    expect_err(holder_for("critical,keyEncipherment,keyAgreement"), E_HOLDER);
}
END_TEST

Suite *suite_lint_eseal(void)
{
    Suite *s = suite_create("lint_eseal");
    TCase *t = tcase_create("lint_eseal");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, only_what_the_policy_says);
    tcase_add_test(t, holders);
    tcase_add_test(t, usages);
    suite_add_tcase(s, t);
    return s;
}
