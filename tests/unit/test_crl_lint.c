/* The lint of a revocation list, against the one that was asked for. */
#include <check.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <unistd.h>

#include "expect.h"
#include "help_crl.h"
#include "help_pki.h"
#include "pki/crl_lint.h"
#include "pki/crl_view.h"

Suite *suite_crl_lint(void);

static struct diag d;
static EVP_PKEY *key;
static X509 *issuer;
static struct crl_head head;

static void set_up(void)
{
    key = help_key(KEY_SM2);
    issuer = help_crl_issuer(key, SIG_SM2_SM3);
    head = help_crl_head(issuer, SIG_SM2_SM3);
}

static void tear_down(void)
{
    X509_free(issuer);
    EVP_PKEY_free(key);
}

/* A list without entries, as asked for. */
static enum err lint_empty(const struct crl_head *made, X509 *by)
{
    struct buf bytes = {0};
    struct crl_view *v;
    uint8_t sha256[DIGEST_LEN];
    help_crl_tbs(made, NULL, 0, &bytes);
    int fd = help_crl_file(buf_span(&bytes));
    expect_ok_diag(crl_view_open(fd, true, &v, &d), &d);
    enum err e = crl_lint(v, made, 0, by, sha256, &d);
    crl_view_close(v);
    close(fd);
    buf_free(&bytes);
    return e;
}

/* The certificate read anew after a change; kept until the next one. */
static X509 *again(X509 *changed)
{
    static X509 *kept;
    uint8_t *der = NULL;
    X509_free(kept);
    kept = NULL;
    if (changed == NULL)
        return NULL;
    ck_assert_int_gt(i2d_re_X509_tbs(changed, NULL), 0);
    int n = i2d_X509(changed, &der);
    const uint8_t *p = der;
    kept = d2i_X509(NULL, &p, n);
    ck_assert_ptr_nonnull(kept);
    OPENSSL_free(der);
    X509_free(changed);
    return kept;
}

static enum err lint(const struct crl_head *made, const struct crl_head *want, uint64_t entries, X509 *by)
{
    struct buf bytes = {0};
    struct crl_view *v;
    uint8_t sha256[DIGEST_LEN], direct[DIGEST_LEN];
    help_crl_tbs(made, help_crl_entries, 4, &bytes);
    int fd = help_crl_file(buf_span(&bytes));
    expect_ok_diag(crl_view_open(fd, true, &v, &d), &d);
    d = (struct diag){0};
    enum err e = crl_lint(v, want, entries, by, sha256, &d);
    if (e == E_OK) {
        expect_ok(digest_bytes(DIGEST_SHA256, bytes.data, bytes.len, direct));
        ck_assert_mem_eq(sha256, direct, DIGEST_LEN);
        expect_err(crl_verify(v, key, &d), E_CRL_SIGNATURE); /* there is none yet */
    }
    crl_view_close(v);
    close(fd);
    buf_free(&bytes);
    return e;
}

static void expect_clause(enum err e, const char *clause)
{
    expect_err(e, E_LINT);
    ck_assert_str_eq(d.clause, clause);
}

START_TEST(linted)
{
    expect_ok_diag(lint(&head, &head, 4, issuer), &d);
    struct crl_head h = head;
    h.base = 2;
    h.freshest_url = "http://crl.example/delta.crl";
    expect_ok_diag(lint(&h, &h, 4, issuer), &d);
    expect_clause(lint(&head, &h, 4, issuer), "RFC 5280 5.2.3");
    h = head;
    h.sm2_null = false;
    expect_clause(lint(&h, &head, 4, issuer), "RFC 5280 5.1.2.2");
    h = head;
    h.this_update++;
    expect_clause(lint(&h, &head, 4, issuer), "RFC 5280 5.1.2.4");
    h = head;
    h.next_update++;
    expect_clause(lint(&h, &head, 4, issuer), "RFC 5280 5.1.2.4");
    h.next_update = h.this_update;
    expect_clause(lint(&h, &h, 4, issuer), "RFC 5280 5.1.2.5");
    h = head;
    h.number++;
    expect_clause(lint(&h, &head, 4, issuer), "RFC 5280 5.2.3");
    h = head;
    h.idp_url = NULL;
    expect_clause(lint(&h, &head, 4, issuer), "RFC 5280 5.2.5");
    expect_clause(lint(&head, &h, 4, issuer), "RFC 5280 5.2.5");
    h = head;
    h.freshest_url = "http://crl.example/delta.crl";
    expect_clause(lint(&h, &head, 4, issuer), "RFC 5280 5.2.6");
    h = head;
    h.issuer = (struct span){(const uint8_t *)"\x30\x0b\x31\x09\x30\x07\x06\x03\x55\x04\x03\x0c\x00", 13};
    expect_clause(lint(&h, &head, 4, issuer), "RFC 5280 5.1.2.3");
    h = head;
    h.aki = (struct span){(const uint8_t *)"01234567890123456789", 20};
    expect_clause(lint(&h, &head, 4, issuer), "RFC 5280 5.2.1");
    h = head;
    h.aki.n--;
    expect_clause(lint(&h, &head, 4, issuer), "RFC 5280 5.2.1");
    h = head;
    h.this_update = HELP_CRL_NOW - 1; /* the third entry is of HELP_CRL_NOW */
    expect_clause(lint(&h, &h, 4, issuer), "RFC 5280 5.1.2.6");
    expect_clause(lint(&head, &head, 3, issuer), "RFC 5280 5.1.2.6");
    h.this_update = 2000000000000 / 1000; /* 2033: still */
    h.next_update = h.this_update + 1;
    expect_ok_diag(lint(&h, &h, 4, issuer), &d);
    h.this_update = 2051222400 + 1;
    h.next_update = h.this_update + 1;
    expect_clause(lint(&h, &h, 4, issuer), "RFC 5280 6.3.3");

    h.this_update = 1704067200 - 1; /* a second before 2024 */
    h.next_update = h.this_update + 1;
    expect_clause(lint_empty(&h, issuer), "RFC 5280 6.3.3");
    h.this_update++;
    h.next_update++;
    expect_ok_diag(lint_empty(&h, issuer), &d);
}
END_TEST

/* The last entry's serial number is negative. */
START_TEST(an_entry_that_is_none)
{
    static const uint8_t serial[] = {0x02, 20, 0x7f, 0xff, 3, 4};
    struct buf bytes = {0};
    struct crl_view *v;
    uint8_t sha256[DIGEST_LEN];
    help_crl_tbs(&head, help_crl_entries, 4, &bytes);
    uint8_t *at = memmem(bytes.data, bytes.len, serial, sizeof serial);
    ck_assert_ptr_nonnull(at);
    at[2] = 0xff;
    int fd = help_crl_file(buf_span(&bytes));
    expect_ok_diag(crl_view_open(fd, true, &v, &d), &d);
    expect_err(crl_lint(v, &head, 4, issuer, sha256, &d), E_CRL_FORMAT);
    ck_assert_str_eq(d.clause, "RFC 5280 5.1.2.6");
    crl_view_close(v);
    close(fd);
    buf_free(&bytes);
}
END_TEST

/* The same name and key under other certificates. */
START_TEST(issuers)
{
    struct crl_head h = head;
    X509 *x = X509_dup(issuer);
    X509_EXTENSION_free(X509_delete_ext(x, X509_get_ext_by_NID(x, NID_subject_key_identifier, -1)));
    expect_clause(lint(&h, &h, 4, again(x)), "RFC 5280 5.2.1");
    x = X509_dup(issuer);
    X509_EXTENSION_free(X509_delete_ext(x, X509_get_ext_by_NID(x, NID_key_usage, -1)));
    expect_ok_diag(lint(&h, &h, 4, again(x)), &d); /* a key whose usage is not told may do everything */
    x = X509_dup(issuer);
    X509_EXTENSION_free(X509_delete_ext(x, X509_get_ext_by_NID(x, NID_key_usage, -1)));
    X509_EXTENSION *usage = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, "critical,keyCertSign");
    ck_assert_int_eq(X509_add_ext(x, usage, -1), 1);
    X509_EXTENSION_free(usage);
    expect_clause(lint(&h, &h, 4, again(x)), "RFC 5280 4.2.1.3");
    again(NULL);
}
END_TEST

Suite *suite_crl_lint(void)
{
    Suite *s = suite_create("crl_lint");
    TCase *t = tcase_create("crl_lint");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, linted);
    tcase_add_test(t, an_entry_that_is_none);
    tcase_add_test(t, issuers);
    suite_add_tcase(s, t);
    return s;
}
